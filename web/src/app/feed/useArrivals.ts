import type { TypedDocumentNode } from '@apollo/client';
import { skipToken, useSubscription } from '@apollo/client/react';
import { useState } from 'react';

import { PAGE } from '../cache.ts';
import { isUnsent } from '../composer/post.ts';
import { type Edge, missing, newestCursor } from './arrivals.ts';

interface Watched<Data, Item extends Edge> {
  /** Tells of each new item. */
  subscription: TypedDocumentNode<Data, { after?: string | null }>;
  /** The item; nothing where it is none of the list's. */
  item: (data: Data) => Item | undefined;
  /** The list on the screen, newest first; undefined while it is being loaded. */
  shown: Edge[] | undefined;
  /** Puts items in front of the list, newest first. */
  add: (items: Item[]) => void;
  /** Loads the list anew. */
  reload: () => Promise<unknown>;
}

/** Gathers items that are newer than the list on the screen, without moving that list. */
export function useArrivals<Data, Item extends Edge>(
  watched: Watched<Data, Item>,
): { count: number; show: () => void } {
  const { subscription, item, shown, add, reload } = watched;
  const [arrived, setArrived] = useState<Item[]>([]);
  const [start, setStart] = useState<{ after: string | null }>();
  if (shown && !start) setStart({ after: newestCursor(shown) });

  useSubscription(
    subscription,
    start
      ? {
          variables: start,
          ignoreResults: true,
          onData({ data }) {
            const arrival = data.data && item(data.data);
            if (arrival) setArrived((known) => [arrival, ...missing(known, [arrival])]);
          },
        }
      : skipToken,
  );

  // While something of the viewer's own is being sent, it may arrive before the answer does.
  const isSending = shown?.some(({ node }) => isUnsent(node.id)) ?? false;
  const fresh = shown && !isSending ? missing(arrived, shown) : [];
  return {
    count: fresh.length,
    show() {
      if (fresh.length > PAGE) void reload().catch(() => undefined);
      else add(fresh);
      setArrived([]);
      scrollTo({ top: 0, behavior: 'smooth' });
    },
  };
}
