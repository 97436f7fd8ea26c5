import { type ApolloCache, InMemoryCache, type Reference } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

import possible from './gen/possible-types.ts';

/** How many items a page of any list has. */
export const PAGE = 20;

export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: possible.possibleTypes,
    typePolicies: {
      Query: {
        fields: { home: relayStylePagination(), search: relayStylePagination(['query']) },
      },
      // There is one viewer at a time.
      Viewer: {
        keyFields: [],
        fields: { feed: relayStylePagination(), notifications: relayStylePagination() },
      },
      User: {
        fields: {
          activities: relayStylePagination(),
          followers: relayStylePagination(),
          following: relayStylePagination(),
        },
      },
      Activity: { fields: { replies: relayStylePagination() } },
    },
  });
}

export interface Entity {
  __typename: string;
  id: string;
}

interface Edge {
  cursor: string;
  node: Entity;
}

interface StoredConnection {
  edges: { cursor: string; node: Reference }[];
}

/**
 * Puts an edge in front of a list that the cache holds, or behind it. A list that was never loaded
 * stays so. `owner` is the cache id of the list's object; the root query without one.
 */
export function addEdge(
  cache: ApolloCache,
  list: { owner?: string | undefined; field: string; end: 'front' | 'back' },
  edge: Edge,
): void {
  cache.modify<Record<string, StoredConnection>>({
    id: list.owner ?? 'ROOT_QUERY',
    fields: {
      [list.field](existing, { toReference }) {
        const node = toReference({ __typename: edge.node.__typename, id: edge.node.id });
        const stored = existing as StoredConnection;
        if (!node || stored.edges.some((known) => known.node.__ref === node.__ref)) return stored;
        const added = { __typename: 'ActivityEdge', cursor: edge.cursor, node };
        const edges = list.end === 'front' ? [added, ...stored.edges] : [...stored.edges, added];
        return { ...stored, edges };
      },
    },
  });
}

/** Adds to a number that the cache holds, if it holds it. */
export function addTo(cache: ApolloCache, entity: Entity, field: string, amount: number): void {
  cache.modify<Record<string, number>>({
    id: cache.identify({ ...entity })!,
    fields: { [field]: (count) => count + amount },
  });
}

/**
 * Takes a thing out of the cache and so out of every list. Unlike `cache.evict` it can be rolled
 * back when it is done optimistically.
 */
export function forget(cache: ApolloCache, entity: Entity): void {
  cache.modify({ id: cache.identify({ ...entity })!, fields: (_value, { DELETE }) => DELETE });
}
