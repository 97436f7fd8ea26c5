import { useQuery } from '@apollo/client/react';
import { createContext, use } from 'react';

import { CurrentViewerDocument, type CurrentViewerQuery } from '../gen/graphql.ts';
import { live } from '../polling.ts';

/** The signed-in user and their count of unread notifications. */
export type Viewer = NonNullable<CurrentViewerQuery['viewer']>;

/** Null for anonymous visitors, undefined before the gateway said who it is. */
export const ViewerContext = createContext<Viewer | null | undefined>(undefined);

export function useViewer(): Viewer | null | undefined {
  return use(ViewerContext);
}

/** Asks who the viewer is, again and again, so that the count of unread notifications is fresh. */
export function useViewerQuery(): Viewer | null | undefined {
  const { data } = useQuery(CurrentViewerDocument, live);
  return data?.viewer;
}
