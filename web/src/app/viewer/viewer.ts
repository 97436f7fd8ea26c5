import { useApolloClient, useQuery } from '@apollo/client/react';
import { createContext, use, useEffect, useState } from 'react';

import {
  BeginVisitDocument,
  type BeginVisitQuery,
  CurrentViewerDocument,
  type CurrentViewerQuery,
} from '../gen/graphql.ts';

/** The signed-in user and their count of unread notifications. */
export type Viewer = NonNullable<CurrentViewerQuery['viewer']>;

/** Null for anonymous visitors, undefined before the gateway said who it is. */
export const ViewerContext = createContext<Viewer | null | undefined>(undefined);

export function useViewer(): Viewer | null | undefined {
  return use(ViewerContext);
}

/** Where the viewer's lists ended when the visit began. Null where there was nothing yet. */
export interface VisitStart {
  notification: string | null;
  message: string | null;
}

interface Visit {
  viewer: Viewer | null;
  start: VisitStart;
}

/**
 * Asks once who the viewer is. Whatever of theirs is loaded later is newer than the visit's start,
 * so that what arrives after the start completes it.
 */
export function useVisit(): Visit | undefined {
  const client = useApolloClient();
  const [start, setStart] = useState<VisitStart>();
  const { data: begun } = useQuery(BeginVisitDocument, { fetchPolicy: 'no-cache' });
  const { data } = useQuery(CurrentViewerDocument, { fetchPolicy: 'cache-only' });
  useEffect(() => {
    if (begun) client.writeQuery({ query: CurrentViewerDocument, data: begun });
  }, [client, begun]);
  if (begun && !start) setStart(startOf(begun));
  return start && data && { viewer: data.viewer, start };
}

function startOf({ viewer }: BeginVisitQuery): VisitStart {
  const newestGroup = viewer?.messageGroups.edges[0]?.node;
  return {
    notification: viewer?.notifications.edges[0]?.cursor ?? null,
    message: newestGroup?.messages.edges[0]?.cursor ?? null,
  };
}
