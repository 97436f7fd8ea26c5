import styles from './Remaining.module.css';

interface Props {
  id: string;
  remaining: number;
  limit: number;
}

/** How many characters are left, as a number and as a ring that fills up. */
export function Remaining({ id, remaining, limit }: Props) {
  const used = Math.min(1, 1 - remaining / limit);
  const state = remaining < 0 ? 'over' : remaining <= 20 ? 'close' : 'fine';
  return (
    <span className={styles.remaining} id={id} data-state={state}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden>
        <circle cx="10" cy="10" r="8" pathLength="1" />
        <circle cx="10" cy="10" r="8" pathLength="1" strokeDasharray={`${used} 1`} />
      </svg>
      {remaining}
      <span className="visually-hidden"> characters left</span>
    </span>
  );
}
