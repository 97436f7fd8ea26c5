import './KeyboardHelp.css';

import { Dialog } from './Dialog.tsx';

const keys = [
  ['n', 'New crud'],
  ['/', 'Search'],
  ['j', 'Next crud'],
  ['k', 'Previous crud'],
  ['o', 'Open the crud'],
  ['l', 'Like it'],
  ['r', 'Reply to it'],
  ['t', 'Repost it'],
  ['Ctrl Enter', 'Post what you wrote'],
  ['?', 'These keys'],
] as const;

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
