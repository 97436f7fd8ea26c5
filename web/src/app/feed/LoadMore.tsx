import { useEffect, useEffectEvent, useRef, useState } from 'react';

import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { ErrorState } from '../shell/ErrorState.tsx';

/** The end of a list that has more pages. Loads the next page when it comes near the viewport. */
export function LoadMore({ load }: { load: () => Promise<unknown> }) {
  const [hasFailed, setHasFailed] = useState(false);
  const end = useRef<HTMLDivElement>(null);

  const start = () => {
    setHasFailed(false);
    load().catch(() => setHasFailed(true));
  };
  const onIntersection = useEffectEvent((entries: IntersectionObserverEntry[]) => {
    if (!hasFailed && entries.some((entry) => entry.isIntersecting)) start();
  });
  useEffect(() => {
    const observer = new IntersectionObserver(onIntersection, { rootMargin: '600px' });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={end}>
      {hasFailed ? (
        <ErrorState title="Couldn't load more" onRetry={start} />
      ) : (
        <CrudSkeletons count={2} />
      )}
    </div>
  );
}
