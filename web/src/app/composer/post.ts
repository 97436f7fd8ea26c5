import type { ApolloClient } from '@apollo/client';

import { addEdge, incrementField } from '../cache.ts';
import {
  type ActivityTtl,
  type CrudFieldsFragment,
  type PersonFieldsFragment,
  PostCrudDocument,
  PostReplyDocument,
  ThreadDocument,
  type UserErrorFieldsFragment,
} from '../gen/graphql.ts';
import { optimisticId } from '../optimistic.ts';
import type { Submission } from './useDraft.ts';

type UserErrors = Promise<UserErrorFieldsFragment[] | undefined>;

export interface Draft extends Submission {
  author: PersonFieldsFragment;
}

/** Posts a crud. It appears at the top of the home feed and of its author's profile at once. */
export async function postCrud(client: ApolloClient, draft: Draft, ttl: ActivityTtl): UserErrors {
  const { author, message, idempotencyKey } = draft;
  const { data } = await client.mutate({
    mutation: PostCrudDocument,
    variables: { input: { message, ttl, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        createActivity: {
          __typename: 'CreateActivityPayload',
          edge: optimisticEdge(draft, null),
          userErrors: [],
        },
      },
    }),
    update(cache, { data }) {
      const edge = data?.createActivity.edge;
      if (!edge) return;
      const owner = cache.identify({ ...author });
      addEdge(cache, { field: 'home', end: 'front' }, edge);
      addEdge(cache, { owner, field: 'activities', end: 'front' }, edge);
      incrementField(cache, author, 'activitiesCount', 1);
    },
  });
  return data?.createActivity.userErrors;
}

/** Replies to a crud. The reply appears at the end of the thread at once. */
export async function postReply(
  client: ApolloClient,
  draft: Draft,
  parent: CrudFieldsFragment,
): UserErrors {
  const { message, idempotencyKey } = draft;
  let isThreadLoaded = true;
  const { data } = await client.mutate({
    mutation: PostReplyDocument,
    variables: { input: { activityId: parent.id, message, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        createReply: {
          __typename: 'CreateReplyPayload',
          edge: optimisticEdge(draft, parent),
          parent: {
            __typename: 'Activity',
            id: parent.id,
            repliesCount: parent.repliesCount + 1,
          },
          userErrors: [],
        },
      },
    }),
    update(cache, { data }) {
      const edge = data?.createReply.edge;
      const owner = cache.identify({ ...parent });
      if (edge) isThreadLoaded = addEdge(cache, { owner, field: 'replies', end: 'back' }, edge);
    },
    // The gateway may have read a thread that is still loading before the reply was there.
    refetchQueries: () => (isThreadLoaded ? [] : [ThreadDocument]),
  });
  return data?.createReply.userErrors;
}

function optimisticEdge(draft: Draft, replyTo: CrudFieldsFragment['replyTo']) {
  return {
    __typename: 'ActivityEdge' as const,
    cursor: '',
    node: {
      __typename: 'Activity' as const,
      id: optimisticId(draft.idempotencyKey),
      message: draft.message,
      createdAt: new Date().toISOString(),
      expiresAt: null,
      likesCount: 0,
      repliesCount: 0,
      repostsCount: 0,
      viewerHasLiked: false,
      viewerHasReposted: false,
      viewerCanDelete: false,
      author: draft.author,
      replyTo,
    },
  };
}
