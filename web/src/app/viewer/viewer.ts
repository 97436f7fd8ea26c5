import type { ApolloClient } from '@apollo/client';
import { useApolloClient, useQuery } from '@apollo/client/react';
import { createContext, use, useEffect, useState } from 'react';

import {
  BootstrapDocument,
  type BootstrapQuery,
  CurrentViewerDocument,
  type CurrentViewerQuery,
} from '../gen/graphql.ts';
import { singleFlight } from '../singleFlight.ts';

/** The signed-in user and their unread counts. */
export type Viewer = NonNullable<CurrentViewerQuery['viewer']>;

/** Null for anonymous visitors, undefined until the viewer is loaded. */
export const ViewerContext = createContext<Viewer | null | undefined>(undefined);

export function useViewer(): Viewer | null | undefined {
  return use(ViewerContext);
}

/** The cursors after which the subscriptions start. Null if the list was empty. */
export interface StartCursors {
  notification: string | null;
  message: string | null;
}

interface Bootstrap {
  viewer: Viewer | null;
  startCursors: StartCursors;
}

/**
 * Loads the viewer and the start cursors, once per session. Lists that are loaded later are newer
 * than these cursors, so the events after the cursors complete them.
 */
export function useBootstrap(): Bootstrap | undefined {
  const client = useApolloClient();
  const [startCursors, setStartCursors] = useState<StartCursors>();
  const { data: loaded } = useQuery(BootstrapDocument, { fetchPolicy: 'no-cache' });
  const { data } = useQuery(CurrentViewerDocument, { fetchPolicy: 'cache-only' });
  useEffect(() => {
    if (loaded) client.writeQuery({ query: CurrentViewerDocument, data: loaded });
  }, [client, loaded]);
  if (loaded && !startCursors) setStartCursors(startCursorsOf(loaded));
  return startCursors && data && { viewer: data.viewer, startCursors };
}

function startCursorsOf({ viewer }: BootstrapQuery): StartCursors {
  const newestGroup = viewer?.messageGroups.edges[0]?.node;
  return {
    notification: viewer?.notifications.edges[0]?.cursor ?? null,
    message: newestGroup?.messages.edges[0]?.cursor ?? null,
  };
}

const refetches = new WeakMap<ApolloClient, () => void>();

/** Fetches the viewer's unread counts again, after an event or a mutation that changes them. */
export function refetchViewer(client: ApolloClient): void {
  let refetch = refetches.get(client);
  if (!refetch) {
    refetch = singleFlight(() =>
      client.query({ query: CurrentViewerDocument, fetchPolicy: 'network-only' }),
    );
    refetches.set(client, refetch);
  }
  refetch();
}
