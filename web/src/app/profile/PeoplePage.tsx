import type { TypedDocumentNode } from '@apollo/client';
import { useQuery } from '@apollo/client/react';

import { PAGE_SIZE } from '../cache.ts';
import { Feed } from '../feed/Feed.tsx';
import {
  FollowersDocument,
  type FollowersQuery,
  type FollowersQueryVariables,
  FollowingDocument,
  type FollowingQuery,
} from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { Tabs } from '../shell/Tabs.tsx';
import { NoSuchPerson } from './NoSuchPerson.tsx';
import { PersonCard } from './PersonCard.tsx';

interface Props {
  handle: string;
  list: 'followers' | 'following';
}

type PeopleDocument = TypedDocumentNode<FollowersQuery | FollowingQuery, FollowersQueryVariables>;

const lists: Record<Props['list'], { document: PeopleDocument; label: string; empty: string }> = {
  followers: { document: FollowersDocument, label: 'Followers', empty: 'No followers yet' },
  following: { document: FollowingDocument, label: 'Following', empty: 'Not following anyone yet' },
};

/** The followers of a person, or the people that the person follows. */
export function PeoplePage({ handle, list }: Props) {
  const { document, label, empty } = lists[list];
  const { data, error, fetchMore, refetch } = useQuery(document, {
    variables: { handle, first: PAGE_SIZE },
  });
  const user = data?.user;
  const people = user && ('followers' in user ? user.followers : user.following);
  return (
    <>
      <PageHeader title={`@${handle}`} back="always">
        <Tabs
          label="People"
          tabs={[
            {
              label: 'Followers',
              href: paths.followers(handle),
              isCurrent: list === 'followers',
            },
            {
              label: 'Following',
              href: paths.followedBy(handle),
              isCurrent: list === 'following',
            },
          ]}
        />
      </PageHeader>
      {user === null ? (
        <NoSuchPerson handle={handle} />
      ) : (
        <Feed
          label={label}
          connection={people ?? undefined}
          error={error}
          loadMore={(after) => fetchMore({ variables: { after } })}
          retry={() => refetch()}
          empty={<EmptyState title={empty} />}
        >
          {(person) => <PersonCard person={person} />}
        </Feed>
      )}
    </>
  );
}
