import type { ApolloClient } from '@apollo/client';

import { addEdge, addTo } from '../cache.ts';
import {
  type ActivityTtl,
  type CrudFieldsFragment,
  type PersonFieldsFragment,
  PostCrudDocument,
  PostReplyDocument,
  type RefusalFragment,
} from '../gen/graphql.ts';

type Refusals = Promise<RefusalFragment[] | undefined>;

export interface Draft {
  author: PersonFieldsFragment;
  message: string;
  /** Makes a second attempt at the same draft harmless. */
  idempotencyKey: string;
  /** Whether to show the crud before the gateway has taken it. */
  optimistic: boolean;
}

/** Posts a crud; it heads the home feed and its author's profile at once. */
export async function postCrud(client: ApolloClient, draft: Draft, ttl: ActivityTtl): Refusals {
  const { author, message, idempotencyKey } = draft;
  const { data } = await client.mutate({
    mutation: PostCrudDocument,
    variables: { input: { message, ttl, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        createActivity: {
          __typename: 'CreateActivityPayload',
          edge: unsentEdge(draft, null),
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
      addTo(cache, author, 'activitiesCount', 1);
    },
  });
  return data?.createActivity.userErrors;
}

/** Replies to a crud; the reply ends the thread at once. */
export async function postReply(
  client: ApolloClient,
  draft: Draft,
  parent: CrudFieldsFragment,
): Refusals {
  const { message, idempotencyKey } = draft;
  const { data } = await client.mutate({
    mutation: PostReplyDocument,
    variables: { input: { activityId: parent.id, message, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        createReply: {
          __typename: 'CreateReplyPayload',
          edge: unsentEdge(draft, parent),
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
      if (edge) addEdge(cache, { owner, field: 'replies', end: 'back' }, edge);
    },
  });
  return data?.createReply.userErrors;
}

/** Tells an id that only this browser knows, until the gateway gives the real one. */
export function isUnsent(id: string): boolean {
  return id.startsWith('unsent:');
}

function unsentEdge(draft: Draft, replyTo: CrudFieldsFragment['replyTo']) {
  return {
    __typename: 'ActivityEdge' as const,
    cursor: '',
    node: {
      __typename: 'Activity' as const,
      id: `unsent:${draft.idempotencyKey}`,
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
