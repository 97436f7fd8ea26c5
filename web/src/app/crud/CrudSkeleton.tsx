import styles from './CrudSkeleton.module.css';

/** Placeholders for cards that are loading. */
export function CrudSkeletons({ count }: { count: number }) {
  return (
    <div role="status">
      <span className="visually-hidden">Loading…</span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={styles.skeleton} aria-hidden>
          <span className={styles.avatar} />
          <span className={styles.line} style={{ '--width': '40%' }} />
          <span className={styles.line} style={{ '--width': '92%' }} />
          <span className={styles.line} style={{ '--width': '65%' }} />
        </div>
      ))}
    </div>
  );
}
