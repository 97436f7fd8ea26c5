import type { ReactNode } from 'react';

import styles from './EmptyState.module.css';

/** Takes the place of content that is missing, and says why. */
export function EmptyState({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles.emptyState}>
      <h2>
        <bdi>{title}</bdi>
      </h2>
      <div className="muted">{children}</div>
    </div>
  );
}
