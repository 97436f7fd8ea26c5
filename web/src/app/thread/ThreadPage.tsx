import { useFragment, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useLocation } from 'wouter';

import { PAGE_SIZE } from '../cache.ts';
import { Composer } from '../composer/Composer.tsx';
import { Crud } from '../crud/Crud.tsx';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudFeed } from '../feed/CrudFeed.tsx';
import { CrudFieldsFragmentDoc, CrudUpdatesDocument, ThreadDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import styles from './ThreadPage.module.css';

/** A crud with its ancestors above and its replies below. */
export function ThreadPage({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const field = useRef<HTMLTextAreaElement>(null);
  const { data, error, fetchMore, refetch } = useQuery(ThreadDocument, {
    variables: { id, first: PAGE_SIZE },
    // A reply that is posted while the thread loads fetches it again (see `postReply`).
    context: { queryDeduplication: false },
  });
  useSubscription(CrudUpdatesDocument, { variables: { ids: [id] }, ignoreResults: true });
  // A crud from a feed is shown while its thread loads.
  const cached = useFragment({
    fragment: CrudFieldsFragmentDoc,
    fragmentName: 'CrudFields',
    from: { __typename: 'Activity', id },
  });

  const thread = data?.activity;
  const replies = thread?.replies;
  // If the list is loaded to its end but is shorter than the count, new replies have arrived.
  const isFullyLoaded = replies && !replies.pageInfo.hasNextPage;
  const missing = isFullyLoaded ? thread.repliesCount - replies.edges.length : 0;
  const fetchMissing = useEffectEvent(() => {
    // The cache stores the end cursor of an empty list as ''.
    const end = replies?.pageInfo.endCursor;
    return fetchMore({ variables: { after: end === '' ? null : end } });
  });
  useEffect(() => {
    if (missing > 0) void fetchMissing().catch(() => undefined);
  }, [missing]);

  const crud = thread ?? (cached.complete && !data ? cached.data : undefined);
  if (!crud) {
    return (
      <>
        <PageHeader title="Crud" back="always" />
        {data || error ? (
          <EmptyState title="This crud is gone">It has expired or was deleted.</EmptyState>
        ) : (
          <CrudSkeletons count={4} />
        )}
      </>
    );
  }

  const parent = thread?.replyTo;
  const ancestors = [parent?.replyTo, parent].filter((ancestor) => !!ancestor);
  return (
    <>
      <PageHeader title={crud.replyTo ? 'Reply' : 'Crud'} back="always" />
      {ancestors.length > 0 && (
        <div>
          {ancestors.map((ancestor) => (
            <Crud key={ancestor.id} crud={ancestor} inThread hasReplyBelow />
          ))}
        </div>
      )}
      <Crud
        crud={crud}
        prominent
        inThread={ancestors.length > 0}
        onReply={() => field.current?.focus()}
        onDeleted={() => navigate(crud.replyTo ? paths.crud(crud.replyTo.id) : paths.home)}
      />
      <div className={styles.composer}>
        <Composer replyTo={crud} field={field} />
      </div>
      <CrudFeed
        label="Replies"
        connection={replies}
        error={error}
        loadMore={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        inThread
        empty={<EmptyState title="No replies yet" />}
      />
    </>
  );
}
