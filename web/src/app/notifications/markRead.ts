import type { ApolloClient } from '@apollo/client';

import {
  MarkNotificationsReadDocument,
  type NotificationFieldsFragment,
  type UserErrorFieldsFragment,
} from '../gen/graphql.ts';

/** Marks these notifications, which are newest first, and all older ones as read. */
export async function markAllRead(
  client: ApolloClient,
  notifications: NotificationFieldsFragment[],
): Promise<UserErrorFieldsFragment[] | undefined> {
  const [newest] = notifications;
  if (!newest) return [];
  const readAt = new Date().toISOString();
  const { data } = await client.mutate({
    mutation: MarkNotificationsReadDocument,
    variables: { input: { upToId: newest.id } },
    optimisticResponse: {
      __typename: 'Mutation',
      markNotificationsRead: {
        __typename: 'MarkNotificationsReadPayload',
        viewer: { __typename: 'Viewer', unreadNotificationsCount: 0 },
        userErrors: [],
      },
    },
    update(cache, { data }) {
      if (!data?.markNotificationsRead.viewer) return;
      for (const notification of notifications) {
        if (notification.readAt) continue;
        cache.modify<{ readAt: string | null }>({
          id: cache.identify({ ...notification })!,
          fields: { readAt: () => readAt },
        });
      }
    },
  });
  return data?.markNotificationsRead.userErrors;
}
