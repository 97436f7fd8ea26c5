import { skipToken, useQuery } from '@apollo/client/react';

import { PAGE } from '../cache.ts';
import { ConversationsDocument } from '../gen/graphql.ts';
import { useViewer } from '../viewer/viewer.ts';

/** How many messages of the viewer's latest conversations are unread. */
export function useUnreadMessages(): number {
  const viewer = useViewer();
  const { data } = useQuery(
    ConversationsDocument,
    viewer ? { variables: { first: PAGE }, refetchWritePolicy: 'merge' } : skipToken,
  );
  const conversations = data?.viewer?.messageGroups.edges ?? [];
  return conversations.reduce((sum, { node }) => sum + node.unreadCount, 0);
}
