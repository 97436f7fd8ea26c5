import { useQuery } from '@apollo/client/react';
import { Link } from 'wouter';

import { PAGE } from '../cache.ts';
import { Feed } from '../feed/Feed.tsx';
import { FollowersDocument, FollowingDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { PersonCard } from './PersonCard.tsx';

interface Props {
  handle: string;
  list: 'followers' | 'following';
}

/** Who follows a person, or whom the person follows. */
export function PeoplePage({ handle, list }: Props) {
  return (
    <>
      <PageHeader title={`@${handle}`} back>
        <nav className="tabs" aria-label="People">
          <Link
            href={paths.followers(handle)}
            aria-current={list === 'followers' ? 'page' : undefined}
          >
            Followers
          </Link>
          <Link
            href={paths.followedBy(handle)}
            aria-current={list === 'following' ? 'page' : undefined}
          >
            Following
          </Link>
        </nav>
      </PageHeader>
      {list === 'followers' ? <Followers handle={handle} /> : <Following handle={handle} />}
    </>
  );
}

function Followers({ handle }: { handle: string }) {
  const { data, error, fetchMore, refetch } = useQuery(FollowersDocument, {
    variables: { handle, first: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  if (data?.user === null) return <Empty title={`Nobody is called @${handle}`} />;
  return (
    <Feed
      label="Followers"
      connection={data?.user.followers}
      error={error}
      more={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={<Empty title="No followers yet" />}
    >
      {(person) => <PersonCard person={person} />}
    </Feed>
  );
}

function Following({ handle }: { handle: string }) {
  const { data, error, fetchMore, refetch } = useQuery(FollowingDocument, {
    variables: { handle, first: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  if (data?.user === null) return <Empty title={`Nobody is called @${handle}`} />;
  return (
    <Feed
      label="Following"
      connection={data?.user.following}
      error={error}
      more={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={<Empty title="Follows nobody yet" />}
    >
      {(person) => <PersonCard person={person} />}
    </Feed>
  );
}
