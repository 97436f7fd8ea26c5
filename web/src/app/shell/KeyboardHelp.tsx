import './KeyboardHelp.css';

import { Dialog } from './Dialog.tsx';

const keys = [
  ['n', 'New crud'],
  ['/', 'Search'],
  ['j', 'Next in the list'],
  ['k', 'Previous in the list'],
  ['o', 'Open it'],
  ['l', 'Like the crud'],
  ['r', 'Reply to the crud'],
  ['t', 'Repost the crud'],
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
