import type { ApolloClient } from '@apollo/client';

import {
  type CrudFieldsFragment,
  LikeCrudDocument,
  type UserErrorFieldsFragment,
  RepostCrudDocument,
  UndoRepostDocument,
  UnlikeCrudDocument,
} from '../gen/graphql.ts';

type Reactable = Pick<
  CrudFieldsFragment,
  'id' | 'likesCount' | 'repostsCount' | 'viewerHasLiked' | 'viewerHasReposted'
>;
type UserErrors = Promise<UserErrorFieldsFragment[] | undefined>;

/** Likes or unlikes a crud. */
export async function toggleLike(client: ApolloClient, crud: Reactable): UserErrors {
  const variables = { input: { activityId: crud.id } };
  if (crud.viewerHasLiked) {
    const { data } = await client.mutate({
      mutation: UnlikeCrudDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        unlikeActivity: {
          __typename: 'UnlikeActivityPayload',
          activity: likeFields(crud, -1),
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
      likeActivity: {
        __typename: 'LikeActivityPayload',
        activity: likeFields(crud, 1),
        userErrors: [],
      },
    },
  });
  return data?.likeActivity.userErrors;
}

/** Reposts a crud, or undoes the repost. */
export async function toggleRepost(client: ApolloClient, crud: Reactable): UserErrors {
  const variables = { input: { activityId: crud.id } };
  if (crud.viewerHasReposted) {
    const { data } = await client.mutate({
      mutation: UndoRepostDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        undoRepost: {
          __typename: 'UndoRepostPayload',
          activity: repostFields(crud, -1),
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
        activity: repostFields(crud, 1),
        userErrors: [],
      },
    },
  });
  return data?.repostActivity.userErrors;
}

function likeFields({ id, likesCount }: Reactable, change: 1 | -1) {
  return {
    __typename: 'Activity' as const,
    id,
    likesCount: likesCount + change,
    viewerHasLiked: change === 1,
  };
}

function repostFields({ id, repostsCount }: Reactable, change: 1 | -1) {
  return {
    __typename: 'Activity' as const,
    id,
    repostsCount: repostsCount + change,
    viewerHasReposted: change === 1,
  };
}
