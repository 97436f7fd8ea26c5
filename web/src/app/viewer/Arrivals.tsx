import { useApolloClient, useSubscription } from '@apollo/client/react';
import { useState } from 'react';

import { coalesced } from '../coalesced.ts';
import {
  CurrentViewerDocument,
  MessageArrivalsDocument,
  NotificationArrivalsDocument,
} from '../gen/graphql.ts';
import { receive } from '../messages/receive.ts';
import type { VisitStart } from './viewer.ts';

/** Keeps the badges and the conversations of the viewer up to date, whatever page is shown. */
export function Arrivals({ start }: { start: VisitStart }) {
  const client = useApolloClient();
  const [countUnread] = useState(() =>
    coalesced(() => client.query({ query: CurrentViewerDocument, fetchPolicy: 'network-only' })),
  );
  useSubscription(NotificationArrivalsDocument, {
    variables: { after: start.notification },
    ignoreResults: true,
    onData: countUnread,
  });
  useSubscription(MessageArrivalsDocument, {
    variables: { after: start.message },
    ignoreResults: true,
    onData({ data }) {
      if (data.data) receive(client.cache, data.data.messageReceived);
    },
  });
  return null;
}
