import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import { useEffect, useEffectEvent, useState } from 'react';

import { POLL_MS } from '../polling.ts';
import { countArrivals } from './arrivals.ts';

interface Watched<Data, Variables> {
  /** The query of the first page. */
  query: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  ids: (data: Data) => string[];
  /** The ids of the items on the screen; none while they are being loaded. */
  shown: string[] | undefined;
}

/** Watches for items that are newer than the list on the screen, without moving that list. */
export function useArrivals<Data, Variables extends OperationVariables>(
  watched: Watched<Data, Variables>,
): { count: number; show: () => void } {
  const { query, variables, ids, shown } = watched;
  const client = useApolloClient();
  const [latest, setLatest] = useState<Data>();

  const poll = useEffectEvent(() => {
    if (document.hidden || !shown) return;
    client.query({ query, variables, fetchPolicy: 'no-cache' } as never).then(
      ({ data }) => setLatest(data as Data | undefined),
      () => undefined, // The connection bar tells; the next attempt follows.
    );
  });
  useEffect(() => {
    const timer = setInterval(poll, POLL_MS);
    document.addEventListener('visibilitychange', poll);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', poll);
    };
  }, []);

  return {
    count: latest && shown ? countArrivals(ids(latest), shown) : 0,
    show() {
      if (latest) client.writeQuery({ query, variables, data: latest });
      setLatest(undefined);
      scrollTo({ top: 0, behavior: 'smooth' });
    },
  };
}
