import type { ApolloClient } from '@apollo/client';

import {
  type FollowFieldsFragment,
  FollowPersonDocument,
  type UserErrorFieldsFragment,
  UnfollowPersonDocument,
} from '../gen/graphql.ts';

/** Follows or unfollows a person. The feed of followed people is fetched again when it is next shown. */
export async function toggleFollow(
  client: ApolloClient,
  person: FollowFieldsFragment,
): Promise<UserErrorFieldsFragment[] | undefined> {
  const variables = { input: { userId: person.id } };
  if (person.viewerIsFollowing) {
    const { data } = await client.mutate({
      mutation: UnfollowPersonDocument,
      variables,
      optimisticResponse: {
        __typename: 'Mutation',
        unfollowUser: {
          __typename: 'UnfollowUserPayload',
          user: followFields(person, -1),
          userErrors: [],
        },
      },
    });
    evictFollowingFeed(client);
    return data?.unfollowUser.userErrors;
  }
  const { data } = await client.mutate({
    mutation: FollowPersonDocument,
    variables,
    optimisticResponse: {
      __typename: 'Mutation',
      followUser: {
        __typename: 'FollowUserPayload',
        user: followFields(person, 1),
        userErrors: [],
      },
    },
  });
  evictFollowingFeed(client);
  return data?.followUser.userErrors;
}

function followFields({ id, followersCount }: FollowFieldsFragment, change: 1 | -1) {
  return {
    __typename: 'User' as const,
    id,
    followersCount: followersCount + change,
    viewerIsFollowing: change === 1,
  };
}

function evictFollowingFeed({ cache }: ApolloClient) {
  cache.evict({ id: cache.identify({ __typename: 'Viewer' })!, fieldName: 'feed' });
}
