import type { ApolloClient } from '@apollo/client';

import {
  type CrudFieldsFragment,
  LikeCrudDocument,
  type RefusalFragment,
  RepostCrudDocument,
  UndoRepostDocument,
  UnlikeCrudDocument,
} from '../gen/graphql.ts';

type Reactable = Pick<
  CrudFieldsFragment,
  'id' | 'likesCount' | 'repostsCount' | 'viewerHasLiked' | 'viewerHasReposted'
>;
type Refusals = Promise<RefusalFragment[] | undefined>;

/** Likes a crud, or takes the like back. */
export async function toggleLike(client: ApolloClient, crud: Reactable): Refusals {
  const variables = { input: { activityId: crud.id } };
  if (crud.viewerHasLiked) {
    const { data } = await client.mutate({
      mutation: UnlikeCrudDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        unlikeActivity: {
          __typename: 'UnlikeActivityPayload',
          activity: likes(crud, -1),
          userErrors: [],
        },
      },
    });
    return data?.unlikeActivity.userErrors;
  }
  const { data } = await client.mutate({
    mutation: LikeCrudDocument,
    variables,
    optimisticResponse: {
      __typename: 'Mutation',
      likeActivity: { __typename: 'LikeActivityPayload', activity: likes(crud, 1), userErrors: [] },
    },
  });
  return data?.likeActivity.userErrors;
}

/** Reposts a crud, or takes the repost back. */
export async function toggleRepost(client: ApolloClient, crud: Reactable): Refusals {
  const variables = { input: { activityId: crud.id } };
  if (crud.viewerHasReposted) {
    const { data } = await client.mutate({
      mutation: UndoRepostDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        undoRepost: {
          __typename: 'UndoRepostPayload',
          activity: reposts(crud, -1),
          userErrors: [],
        },
      },
    });
    return data?.undoRepost.userErrors;
  }
  const { data } = await client.mutate({
    mutation: RepostCrudDocument,
    variables,
    optimisticResponse: {
      __typename: 'Mutation',
      repostActivity: {
        __typename: 'RepostActivityPayload',
        activity: reposts(crud, 1),
        userErrors: [],
      },
    },
  });
  return data?.repostActivity.userErrors;
}

function likes({ id, likesCount }: Reactable, change: 1 | -1) {
  return {
    __typename: 'Activity' as const,
    id,
    likesCount: likesCount + change,
    viewerHasLiked: change === 1,
  };
}

function reposts({ id, repostsCount }: Reactable, change: 1 | -1) {
  return {
    __typename: 'Activity' as const,
    id,
    repostsCount: repostsCount + change,
    viewerHasReposted: change === 1,
  };
}
