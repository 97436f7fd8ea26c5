import type { TypedDocumentNode } from '@apollo/client';
import { skipToken, useSubscription } from '@apollo/client/react';
import { useState } from 'react';

import { PAGE_SIZE } from '../cache.ts';
import { isOptimistic } from '../optimistic.ts';
import { type Edge, newestCursor, notInList } from './newItems.ts';

interface Options<Data, Item extends Edge> {
  subscription: TypedDocumentNode<Data, { after?: string | null }>;
  /** Returns the item of an event, or undefined if it does not belong to the list. */
  itemOf: (data: Data) => Item | undefined;
  /** The list on the screen, newest first; undefined while it loads. */
  shown: Edge[] | undefined;
  /** Prepends items to the list; they are newest first. */
  prepend: (items: Item[]) => void;
  /** Loads the list again. */
  reload: () => Promise<unknown>;
}

/** Collects items that are newer than the list, so that the list does not move while it is read. */
export function useNewItems<Data, Item extends Edge>(
  options: Options<Data, Item>,
): { count: number; show: () => void } {
  const { subscription, itemOf, shown, prepend, reload } = options;
  const [received, setReceived] = useState<Item[]>([]);
  const [start, setStart] = useState<{ after: string | null }>();
  if (shown && !start) setStart({ after: newestCursor(shown) });

  useSubscription(
    subscription,
    start
      ? {
          variables: start,
          ignoreResults: true,
          onData({ data }) {
            const item = data.data && itemOf(data.data);
            if (item) setReceived((known) => [item, ...notInList(known, [item])]);
          },
        }
      : skipToken,
  );

  // The viewer's own item may be received before the mutation that creates it has its response.
  const isSending = shown?.some(({ node }) => isOptimistic(node.id)) ?? false;
  const newItems = shown && !isSending ? notInList(received, shown) : [];
  return {
    count: newItems.length,
    show() {
      if (newItems.length > PAGE_SIZE) void reload().catch(() => undefined);
      else prepend(newItems);
      setReceived([]);
      scrollTo({ top: 0, behavior: 'smooth' });
    },
  };
}
