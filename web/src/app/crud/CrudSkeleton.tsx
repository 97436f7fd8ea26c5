import './CrudSkeleton.css';

/** The outline of cards that are being loaded. */
export function CrudSkeletons({ count }: { count: number }) {
  return (
    <div role="status">
      <span className="unseen">Loading…</span>
      {Array.from({ length: count }, (_, at) => (
        <div key={at} className="skeleton" aria-hidden>
          <span className="skeleton-face" />
          <span className="skeleton-line" style={{ '--width': '40%' }} />
          <span className="skeleton-line" style={{ '--width': '92%' }} />
          <span className="skeleton-line" style={{ '--width': '65%' }} />
        </div>
      ))}
    </div>
  );
}
