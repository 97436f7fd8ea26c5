import { ArrowUp } from 'lucide-react';

import { PAGE_SIZE } from '../cache.ts';
import styles from './NewItemsBar.module.css';

interface Props {
  count: number;
  noun: string;
  show: () => void;
}

/** Offers to show the items that have arrived since the list was loaded. */
export function NewItemsBar({ count, noun, show }: Props) {
  const number = count >= PAGE_SIZE ? `${PAGE_SIZE}+` : count;
  return (
    <div className={styles.bar} role="status">
      {count > 0 && (
        <button onClick={show}>
          <ArrowUp aria-hidden />
          {number} new {noun}
          {count === 1 ? '' : 's'}
        </button>
      )}
    </div>
  );
}
