import './Feed.css';

import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react';

import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { reason } from '../notice.ts';
import { Empty } from '../shell/Empty.tsx';

interface Connection<Node> {
  edges: { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

interface Props<Node> {
  label: string;
  connection: Connection<Node> | undefined;
  error: unknown;
  more: (after: string | null) => Promise<unknown>;
  retry: () => Promise<unknown>;
  /** What stands in a list without items. */
  empty: ReactNode;
  children: (node: Node) => ReactNode;
}

/** A list that goes on as one scrolls to its end. */
export function Feed<Node extends { id: string }>(props: Props<Node>) {
  const { label, connection, error, more, retry, empty, children } = props;
  if (!connection) {
    if (!error) return <CrudSkeletons count={5} />;
    return (
      <Empty title="That did not work">
        <p>{reason(error)}</p>
        <button className="button quiet" onClick={() => void retry().catch(() => undefined)}>
          Try again
        </button>
      </Empty>
    );
  }
  const { edges, pageInfo } = connection;
  return (
    <>
      {edges.length === 0 && !pageInfo.hasNextPage ? (
        empty
      ) : (
        <ul className="feed" aria-label={label}>
          {edges.map(({ node }) => (
            <li key={node.id}>{children(node)}</li>
          ))}
        </ul>
      )}
      {pageInfo.hasNextPage && (
        <NextPage key={pageInfo.endCursor} load={() => more(pageInfo.endCursor)} />
      )}
    </>
  );
}

/** The end of the loaded part of a list: loads the next page when it comes near. */
export function NextPage({ load }: { load: () => Promise<unknown> }) {
  const [failed, setFailed] = useState(false);
  const end = useRef<HTMLDivElement>(null);

  const start = () => {
    setFailed(false);
    load().catch(() => setFailed(true));
  };
  const approach = useEffectEvent((entries: IntersectionObserverEntry[]) => {
    if (!failed && entries.some((entry) => entry.isIntersecting)) start();
  });
  useEffect(() => {
    const observer = new IntersectionObserver(approach, { rootMargin: '600px' });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={end}>
      {failed ? (
        <Empty title="The next page did not come">
          <button className="button quiet" onClick={start}>
            Try again
          </button>
        </Empty>
      ) : (
        <CrudSkeletons count={2} />
      )}
    </div>
  );
}
