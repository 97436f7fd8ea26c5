import type { ApolloClient } from '@apollo/client';

import {
  type FollowFieldsFragment,
  FollowPersonDocument,
  type RefusalFragment,
  UnfollowPersonDocument,
} from '../gen/graphql.ts';

/** Follows a person, or stops to. The feed of the followed is then loaded anew. */
export async function toggleFollow(
  client: ApolloClient,
  person: FollowFieldsFragment,
): Promise<RefusalFragment[] | undefined> {
  const variables = { input: { userId: person.id } };
  if (person.viewerIsFollowing) {
    const { data } = await client.mutate({
      mutation: UnfollowPersonDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        unfollowUser: {
          __typename: 'UnfollowUserPayload',
          user: followed(person, -1),
          userErrors: [],
        },
      },
    });
    forgetFollowingFeed(client);
    return data?.unfollowUser.userErrors;
  }
  const { data } = await client.mutate({
    mutation: FollowPersonDocument,
    variables,
    optimisticResponse: {
      __typename: 'Mutation',
      followUser: { __typename: 'FollowUserPayload', user: followed(person, 1), userErrors: [] },
    },
  });
  forgetFollowingFeed(client);
  return data?.followUser.userErrors;
}

function followed({ id, followersCount }: FollowFieldsFragment, change: 1 | -1) {
  return {
    __typename: 'User' as const,
    id,
    followersCount: followersCount + change,
    viewerIsFollowing: change === 1,
  };
}

function forgetFollowingFeed({ cache }: ApolloClient) {
  cache.evict({ id: cache.identify({ __typename: 'Viewer' })!, fieldName: 'feed' });
}
