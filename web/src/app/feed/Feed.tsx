import type { ReactNode } from 'react';

import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { ErrorState } from '../shell/ErrorState.tsx';
import styles from './Feed.module.css';
import { LoadMore } from './LoadMore.tsx';

interface Connection<Node> {
  edges: { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

interface Props<Node> {
  label: string;
  connection: Connection<Node> | undefined;
  error: unknown;
  loadMore: (after: string | null) => Promise<unknown>;
  retry: () => Promise<unknown>;
  /** Shown if the list has no items. */
  empty: ReactNode;
  children: (node: Node) => ReactNode;
}

/** A list with infinite scrolling. */
export function Feed<Node extends { id: string }>(props: Props<Node>) {
  const { label, connection, error, loadMore, retry, empty, children } = props;
  if (!connection) {
    if (!error) return <CrudSkeletons count={5} />;
    return <ErrorState error={error} onRetry={() => retry().catch(() => undefined)} />;
  }
  const { edges, pageInfo } = connection;
  return (
    <>
      {edges.length === 0 && !pageInfo.hasNextPage ? (
        empty
      ) : (
        <ul className={styles.feed} aria-label={label}>
          {edges.map(({ node }) => (
            <li key={node.id}>{children(node)}</li>
          ))}
        </ul>
      )}
      {pageInfo.hasNextPage && (
        <LoadMore key={pageInfo.endCursor} load={() => loadMore(pageInfo.endCursor)} />
      )}
    </>
  );
}
