import './Thread.css';

import { useFragment, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useLocation } from 'wouter';

import { PAGE } from '../cache.ts';
import { Composer } from '../composer/Composer.tsx';
import { Crud } from '../crud/Crud.tsx';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudFeed } from '../feed/CrudFeed.tsx';
import { CrudFieldsFragmentDoc, CrudUpdatesDocument, ThreadDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';

/** A crud with what it replies to above it and the replies to it below. */
export function ThreadPage({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const field = useRef<HTMLTextAreaElement>(null);
  const { data, error, fetchMore, refetch } = useQuery(ThreadDocument, {
    variables: { id, first: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  useSubscription(CrudUpdatesDocument, { variables: { id }, ignoreResults: true });
  // A crud that was just in a feed is shown before its thread is here.
  const known = useFragment({
    fragment: CrudFieldsFragmentDoc,
    fragmentName: 'CrudFields',
    from: { __typename: 'Activity', id },
  });

  const thread = data?.activity;
  const replies = thread?.replies;
  // Where the list is here to its end, what is counted and not in it comes below it.
  const isWhole = replies && !replies.pageInfo.hasNextPage;
  const missing = isWhole ? thread.repliesCount - replies.edges.length : 0;
  const fetchMissing = useEffectEvent(() => {
    // The cache writes the end of an empty list as ''.
    const end = replies?.pageInfo.endCursor;
    return fetchMore({ variables: { after: end === '' ? null : end } });
  });
  useEffect(() => {
    if (missing > 0) void fetchMissing().catch(() => undefined);
  }, [missing]);

  const crud = thread ?? (known.complete && !data ? known.data : undefined);
  if (!crud) {
    return (
      <>
        <PageHeader title="Crud" back />
        {data || error ? (
          <Empty title="This crud is gone">It has expired or was deleted.</Empty>
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
      <PageHeader title={crud.replyTo ? 'Reply' : 'Crud'} back />
      {ancestors.length > 0 && (
        <div className="ancestors">
          {ancestors.map((ancestor) => (
            <Crud key={ancestor.id} crud={ancestor} inThread />
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
      <div className="thread-composer">
        <Composer replyTo={crud} field={field} />
      </div>
      <CrudFeed
        label="Replies"
        connection={replies}
        error={error}
        more={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        inThread
        empty={<Empty title="No replies yet" />}
      />
    </>
  );
}
