import { useApolloClient, useQuery } from '@apollo/client/react';
import { CheckCheck } from 'lucide-react';

import { PAGE_SIZE } from '../cache.ts';
import { Feed } from '../feed/Feed.tsx';
import { prepended } from '../feed/newItems.ts';
import { NewItemsBar } from '../feed/NewItemsBar.tsx';
import { useNewItems } from '../feed/useNewItems.ts';
import { NewNotificationsDocument, NotificationsDocument } from '../gen/graphql.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { withErrorToast } from '../toast.ts';
import { markAllRead } from './markRead.ts';
import { NotificationCard } from './NotificationCard.tsx';

const variables = { first: PAGE_SIZE };

export function NotificationsPage() {
  const client = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(NotificationsDocument, {
    variables,
  });
  const list = data?.viewer?.notifications;
  const notifications = list?.edges.map(({ node }) => node);
  const newItems = useNewItems({
    subscription: NewNotificationsDocument,
    itemOf: ({ notificationReceived }) => notificationReceived,
    shown: list?.edges,
    prepend: (edges) =>
      client.cache.updateQuery(
        { query: NotificationsDocument, variables },
        (cached) =>
          cached?.viewer && {
            ...cached,
            viewer: {
              ...cached.viewer,
              notifications: prepended(cached.viewer.notifications, edges),
            },
          },
      ),
    reload: refetch,
  });

  const hasUnread = (data?.viewer?.unreadNotificationsCount ?? 0) > 0;
  return (
    <>
      <PageHeader title="Notifications">
        {notifications && hasUnread && (
          <button
            className="button quiet"
            onClick={() => void withErrorToast(markAllRead(client, notifications))}
          >
            <CheckCheck aria-hidden /> Mark all as read
          </button>
        )}
      </PageHeader>
      {data?.viewer === null ? (
        <EmptyState title="Sign in first">Sign in to see your notifications.</EmptyState>
      ) : (
        <>
          <NewItemsBar noun="notification" {...newItems} />
          <Feed
            label="Notifications"
            connection={list}
            error={error}
            loadMore={(after) => fetchMore({ variables: { after } })}
            retry={() => refetch()}
            empty={
              <EmptyState title="No notifications yet">
                You get one when someone replies to you, likes or reposts your cruds, mentions or
                follows you, or sends you a message.
              </EmptyState>
            }
          >
            {(notification) => <NotificationCard notification={notification} />}
          </Feed>
        </>
      )}
    </>
  );
}
