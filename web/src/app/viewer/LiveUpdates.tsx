import { useApolloClient, useSubscription } from '@apollo/client/react';

import { NewMessagesDocument, NewNotificationsDocument } from '../gen/graphql.ts';
import { addMessage } from '../messages/addMessage.ts';
import { refetchViewer, type StartCursors } from './viewer.ts';

/** Keeps the viewer's badges and conversations up to date on every page. */
export function LiveUpdates({ startCursors }: { startCursors: StartCursors }) {
  const client = useApolloClient();
  useSubscription(NewNotificationsDocument, {
    variables: { after: startCursors.notification },
    ignoreResults: true,
    onData: () => refetchViewer(client),
  });
  useSubscription(NewMessagesDocument, {
    variables: { after: startCursors.message },
    ignoreResults: true,
    onData({ data }) {
      if (!data.data) return;
      addMessage(client.cache, data.data.messageReceived);
      refetchViewer(client);
    },
  });
  return null;
}
