import {
  type ApolloCache,
  type FieldMergeFunction,
  type FieldPolicy,
  InMemoryCache,
  type Reference,
} from '@apollo/client';
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
        fields: {
          feed: relayStylePagination(),
          notifications: relayStylePagination(),
          messageGroups: refreshedPagination('front'),
        },
      },
      User: {
        fields: {
          activities: relayStylePagination(),
          followers: relayStylePagination(),
          following: relayStylePagination(),
        },
      },
      MessageGroup: { fields: { messages: refreshedPagination('back') } },
      Activity: { fields: { replies: relayStylePagination() } },
    },
  });
}

export interface LoadedList {
  edges: { cursor: string; node: Reference }[];
  pageInfo: object;
}

/**
 * Pagination of a list whose newest page is asked for again and again: what was loaded beyond that
 * page stays. The newest items are at the `newest` end, and nothing ever leaves the list.
 */
function refreshedPagination(newest: 'front' | 'back'): FieldPolicy {
  const pagination = relayStylePagination();
  const merge = pagination.merge as FieldMergeFunction<LoadedList>;
  return {
    ...pagination,
    merge(known: LoadedList | undefined, incoming: LoadedList, options) {
      const merged = merge(known, incoming, options);
      if (!known || options.args?.before || options.args?.after) return merged;
      return refreshed(known, merged, newest);
    },
  };
}

/** A list with its newest page replaced. Where the two share nothing, only that page is left. */
export function refreshed(
  known: LoadedList,
  page: LoadedList,
  newest: 'front' | 'back',
): LoadedList {
  const fresh = new Set(page.edges.map(({ node }) => node.__ref));
  const isFresh = ({ node }: LoadedList['edges'][number]) => fresh.has(node.__ref);
  const shared = known.edges.findIndex(isFresh);
  if (shared < 0) return page;
  const before = known.edges.slice(0, shared);
  const after = known.edges.slice(shared).filter((edge) => !isFresh(edge));
  if (newest === 'front') {
    // What rose to the front left its old place; the rest is as it was.
    const rest = [...before, ...after];
    const edges = [...page.edges, ...rest];
    return rest.length > 0 ? { ...known, edges } : page;
  }
  // Behind the page is what was added here while the page was on its way.
  const edges = [...before, ...page.edges, ...after];
  return before.length > 0 ? { ...known, edges } : { ...page, edges };
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
