import { useApolloClient, useQuery } from '@apollo/client/react';

import { PAGE_SIZE } from '../cache.ts';
import { Composer } from '../composer/Composer.tsx';
import { NewCrudsDocument, FollowingFeedDocument, HomeFeedDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { Tabs } from '../shell/Tabs.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { CrudFeed } from './CrudFeed.tsx';
import styles from './HomePage.module.css';
import { prepended } from './newItems.ts';
import { NewItemsBar } from './NewItemsBar.tsx';
import { useNewItems } from './useNewItems.ts';

const variables = { first: PAGE_SIZE };
// New cruds keep these feeds up to date, behind a bar, so no fetch moves them while they are read.
const options = { variables, fetchPolicy: 'cache-first' } as const;

export function HomePage({ feed }: { feed: 'everyone' | 'following' }) {
  const viewer = useViewer();
  return (
    <>
      <PageHeader title="Home">
        {viewer && (
          <Tabs
            label="Feeds"
            tabs={[
              { label: 'Everyone', href: paths.home, isCurrent: feed === 'everyone' },
              { label: 'Following', href: paths.following, isCurrent: feed === 'following' },
            ]}
          />
        )}
      </PageHeader>
      <div className={styles.composer}>
        <Composer />
      </div>
      {feed === 'everyone' ? <Everyone /> : <Following />}
    </>
  );
}

function Everyone() {
  const { cache } = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(HomeFeedDocument, options);
  const newItems = useNewItems({
    subscription: NewCrudsDocument,
    itemOf: ({ activityCreated }) => activityCreated,
    shown: data?.home.edges,
    prepend: (edges) =>
      cache.updateQuery(
        { query: HomeFeedDocument, variables },
        (cached) => cached && { ...cached, home: prepended(cached.home, edges) },
      ),
    reload: refetch,
  });
  return (
    <>
      <NewItemsBar noun="crud" {...newItems} />
      <CrudFeed
        label="Cruds of everyone"
        connection={data?.home}
        error={error}
        loadMore={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={<EmptyState title="No cruds yet">Be the first to post one.</EmptyState>}
      />
    </>
  );
}

function Following() {
  const { cache } = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(FollowingFeedDocument, options);
  const feed = data?.viewer?.feed;
  const newItems = useNewItems({
    subscription: NewCrudsDocument,
    itemOf: ({ activityCreated: edge }) => (edge.node.author.viewerIsFollowing ? edge : undefined),
    shown: feed?.edges,
    prepend: (edges) =>
      cache.updateQuery(
        { query: FollowingFeedDocument, variables },
        (cached) =>
          cached?.viewer && {
            ...cached,
            viewer: { ...cached.viewer, feed: prepended(cached.viewer.feed, edges) },
          },
      ),
    reload: refetch,
  });
  if (data?.viewer === null) {
    return (
      <EmptyState title="Sign in first">Sign in to see the cruds of people you follow.</EmptyState>
    );
  }
  return (
    <>
      <NewItemsBar noun="crud" {...newItems} />
      <CrudFeed
        label="Cruds of the people you follow"
        connection={feed}
        error={error}
        loadMore={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={
          <EmptyState title="No cruds yet">
            Follow people on their profiles to see what they post here.
          </EmptyState>
        }
      />
    </>
  );
}
