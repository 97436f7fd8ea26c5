import { useApolloClient, useQuery } from '@apollo/client/react';
import { CheckCheck } from 'lucide-react';

import { PAGE } from '../cache.ts';
import { prepended } from '../feed/arrivals.ts';
import { ArrivalsBar } from '../feed/ArrivalsBar.tsx';
import { Feed } from '../feed/Feed.tsx';
import { useArrivals } from '../feed/useArrivals.ts';
import { NotificationArrivalsDocument, NotificationsDocument } from '../gen/graphql.ts';
import { attempt } from '../notice.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { markAllRead } from './markRead.ts';
import { NotificationCard } from './NotificationCard.tsx';

const variables = { first: PAGE };

export function NotificationsPage() {
  const client = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(NotificationsDocument, {
    variables,
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  const list = data?.viewer?.notifications;
  const notifications = list?.edges.map(({ node }) => node);
  const arrivals = useArrivals({
    subscription: NotificationArrivalsDocument,
    item: ({ notificationReceived }) => notificationReceived,
    shown: list?.edges,
    add: (edges) =>
      client.cache.updateQuery(
        { query: NotificationsDocument, variables },
        (known) =>
          known?.viewer && {
            ...known,
            viewer: {
              ...known.viewer,
              notifications: prepended(known.viewer.notifications, edges),
            },
          },
      ),
    reload: refetch,
  });

  const unread = (data?.viewer?.unreadNotificationsCount ?? 0) > 0;
  return (
    <>
      <PageHeader title="Notifications">
        {notifications && unread && (
          <button
            className="button quiet"
            onClick={() => void attempt(markAllRead(client, notifications))}
          >
            <CheckCheck aria-hidden /> Mark all as read
          </button>
        )}
      </PageHeader>
      {data?.viewer === null ? (
        <Empty title="Sign in first">Then you see here what happened around you.</Empty>
      ) : (
        <>
          <ArrivalsBar noun="notification" {...arrivals} />
          <Feed
            label="Notifications"
            connection={list}
            error={error}
            more={(after) => fetchMore({ variables: { after } })}
            retry={() => refetch()}
            empty={
              <Empty title="All quiet">
                When somebody replies to you, likes or reposts your cruds, mentions or follows you,
                or sends you a message, it says so here.
              </Empty>
            }
          >
            {(notification) => <NotificationCard notification={notification} />}
          </Feed>
        </>
      )}
    </>
  );
}
