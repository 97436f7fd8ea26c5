import { useApolloClient, useQuery } from '@apollo/client/react';
import { Link } from 'wouter';

import { PAGE } from '../cache.ts';
import { Composer } from '../composer/Composer.tsx';
import { CrudArrivalsDocument, FollowingFeedDocument, HomeFeedDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { prepended } from './arrivals.ts';
import { ArrivalsBar } from './ArrivalsBar.tsx';
import { CrudFeed } from './CrudFeed.tsx';
import { useArrivals } from './useArrivals.ts';

const variables = { first: PAGE };

export function HomePage({ feed }: { feed: 'everyone' | 'following' }) {
  const viewer = useViewer();
  return (
    <>
      <PageHeader title="Home">
        {viewer && (
          <nav className="tabs" aria-label="Feeds">
            <Link href={paths.home} aria-current={feed === 'everyone' ? 'page' : undefined}>
              Everyone
            </Link>
            <Link href={paths.following} aria-current={feed === 'following' ? 'page' : undefined}>
              Following
            </Link>
          </nav>
        )}
      </PageHeader>
      <div className="home-composer">
        <Composer />
      </div>
      {feed === 'everyone' ? <Everyone /> : <Following />}
    </>
  );
}

function Everyone() {
  const { cache } = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(HomeFeedDocument, { variables });
  const arrivals = useArrivals({
    subscription: CrudArrivalsDocument,
    item: ({ activityCreated }) => activityCreated,
    shown: data?.home.edges,
    add: (edges) =>
      cache.updateQuery(
        { query: HomeFeedDocument, variables },
        (known) => known && { ...known, home: prepended(known.home, edges) },
      ),
    reload: refetch,
  });
  return (
    <>
      <ArrivalsBar noun="crud" {...arrivals} />
      <CrudFeed
        label="Cruds of everyone"
        connection={data?.home}
        error={error}
        more={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={<Empty title="It is quiet here">Nobody has posted yet. Be the first.</Empty>}
      />
    </>
  );
}

function Following() {
  const { cache } = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(FollowingFeedDocument, { variables });
  const feed = data?.viewer?.feed;
  const arrivals = useArrivals({
    subscription: CrudArrivalsDocument,
    item: ({ activityCreated: edge }) => (edge.node.author.viewerIsFollowing ? edge : undefined),
    shown: feed?.edges,
    add: (edges) =>
      cache.updateQuery(
        { query: FollowingFeedDocument, variables },
        (known) =>
          known?.viewer && {
            ...known,
            viewer: { ...known.viewer, feed: prepended(known.viewer.feed, edges) },
          },
      ),
    reload: refetch,
  });
  if (data?.viewer === null) {
    return <Empty title="Sign in first">Then the people whom you follow are here.</Empty>;
  }
  return (
    <>
      <ArrivalsBar noun="crud" {...arrivals} />
      <CrudFeed
        label="Cruds of the people you follow"
        connection={feed}
        error={error}
        more={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={
          <Empty title="Nothing yet">
            Follow people on their profiles, and what they post is here.
          </Empty>
        }
      />
    </>
  );
}
