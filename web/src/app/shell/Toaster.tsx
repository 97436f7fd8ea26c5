import { useStore } from '../store.ts';
import { toast } from '../toast.ts';
import styles from './Toaster.module.css';

/** Shows the current toast at the bottom of the screen. */
export function Toaster() {
  const shown = useStore(toast);
  return (
    <div className={styles.toaster} role="status">
      {shown && (
        <p className={styles.toast} data-tone={shown.tone}>
          {shown.text}
        </p>
      )}
    </div>
  );
}
