import { Dialog } from './Dialog.tsx';
import styles from './KeyboardHelp.module.css';

const keys = [
  ['n', 'New crud'],
  ['/', 'Search'],
  ['j', 'Next item'],
  ['k', 'Previous item'],
  ['o', 'Open the item'],
  ['l', 'Like the crud'],
  ['r', 'Reply to the crud'],
  ['t', 'Repost the crud'],
  ['Ctrl Enter', 'Send what you wrote'],
  ['?', 'Show these keys'],
] as const;

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={styles.keys}>
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
