import { useQuery } from '@apollo/client/react';
import { Link } from 'wouter';

import { PAGE } from '../cache.ts';
import { Composer } from '../composer/Composer.tsx';
import { FollowingFeedDocument, HomeFeedDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { useViewer } from '../viewer/viewer.ts';
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
  const { data, error, fetchMore, refetch } = useQuery(HomeFeedDocument, { variables });
  const arrivals = useArrivals({
    query: HomeFeedDocument,
    variables,
    ids: ({ home }) => home.edges.map(({ node }) => node.id),
    shown: data?.home.edges.map(({ node }) => node.id),
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
  const { data, error, fetchMore, refetch } = useQuery(FollowingFeedDocument, { variables });
  const feed = data?.viewer?.feed;
  const arrivals = useArrivals({
    query: FollowingFeedDocument,
    variables,
    ids: ({ viewer }) => viewer?.feed.edges.map(({ node }) => node.id) ?? [],
    shown: feed?.edges.map(({ node }) => node.id),
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
