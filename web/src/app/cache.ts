import {
  type ApolloCache,
  type FieldMergeFunction,
  type FieldPolicy,
  InMemoryCache,
  type Reference,
} from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

import possible from './gen/possible-types.ts';

/** The number of items in a page of any list. */
export const PAGE_SIZE = 20;

export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: possible.possibleTypes,
    typePolicies: {
      Query: {
        fields: { home: relayStylePagination(), search: relayStylePagination(['query']) },
      },
      // Each session has its own cache, so the viewer needs no key.
      Viewer: {
        keyFields: [],
        fields: {
          feed: relayStylePagination(),
          notifications: relayStylePagination(),
          messageGroups: paginationWithRefresh('front'),
        },
      },
      User: {
        fields: {
          activities: relayStylePagination(),
          followers: relayStylePagination(),
          following: relayStylePagination(),
        },
      },
      MessageGroup: { fields: { messages: paginationWithRefresh('back') } },
      Activity: { fields: { replies: relayStylePagination() } },
    },
  });
}

export interface LoadedList {
  edges: { cursor: string; node: Reference }[];
  pageInfo: object;
}

/**
 * Relay pagination for a list whose newest page is fetched again and again. Older items that were
 * loaded stay. New items appear at the `newest` end, and items never leave the list.
 */
function paginationWithRefresh(newest: 'front' | 'back'): FieldPolicy {
  const pagination = relayStylePagination();
  const merge = pagination.merge as FieldMergeFunction<LoadedList>;
  return {
    ...pagination,
    merge(existing: LoadedList | undefined, incoming: LoadedList, options) {
      const merged = merge(existing, incoming, options);
      if (!existing || options.args?.before || options.args?.after) return merged;
      return mergeNewestPage(existing, merged, newest);
    },
  };
}

/** Replaces the newest page of a list. Keeps only that page if it does not overlap with the list. */
export function mergeNewestPage(
  existing: LoadedList,
  page: LoadedList,
  newest: 'front' | 'back',
): LoadedList {
  const fetched = new Set(page.edges.map(({ node }) => node.__ref));
  const isFetched = ({ node }: LoadedList['edges'][number]) => fetched.has(node.__ref);
  const overlap = existing.edges.findIndex(isFetched);
  if (overlap < 0) return page;
  const before = existing.edges.slice(0, overlap);
  const after = existing.edges.slice(overlap).filter((edge) => !isFetched(edge));
  if (newest === 'front') {
    // An item that moved to the front leaves its old place. The rest keeps its order.
    const rest = [...before, ...after];
    const edges = [...page.edges, ...rest];
    return rest.length > 0 ? { ...existing, edges } : page;
  }
  // `after` holds the items that were added here while the page was being fetched.
  const edges = [...before, ...page.edges, ...after];
  return before.length > 0 ? { ...existing, edges } : { ...page, edges };
}

export interface Entity {
  __typename: string;
  id: string;
}

interface Edge {
  __typename: string;
  cursor: string;
  node: Entity;
}

interface StoredConnection {
  edges: { cursor: string; node: Reference }[];
}

/**
 * Adds an edge to a list in the cache, unless the list already has its node. A list that was never
 * loaded stays unloaded. `owner` is the cache id of the object with the list, by default the root
 * query. Returns whether the list was loaded.
 */
export function addEdge(
  cache: ApolloCache,
  list: { owner?: string | undefined; field: string; end: 'front' | 'back' },
  edge: Edge,
): boolean {
  let isLoaded = false;
  cache.modify<Record<string, StoredConnection>>({
    id: list.owner ?? 'ROOT_QUERY',
    fields: {
      [list.field](existing, { toReference }) {
        isLoaded = true;
        const node = toReference({ __typename: edge.node.__typename, id: edge.node.id });
        const stored = existing as StoredConnection;
        if (!node || stored.edges.some((known) => known.node.__ref === node.__ref)) return stored;
        const added = { __typename: edge.__typename, cursor: edge.cursor, node };
        const edges = list.end === 'front' ? [added, ...stored.edges] : [...stored.edges, added];
        return { ...stored, edges };
      },
    },
  });
  return isLoaded;
}

/** Adds `amount` to a number in the cache. Does nothing if the cache does not hold it. */
export function incrementField(
  cache: ApolloCache,
  entity: Entity,
  field: string,
  amount: number,
): void {
  cache.modify<Record<string, number>>({
    id: cache.identify({ ...entity })!,
    fields: { [field]: (count) => count + amount },
  });
}

/**
 * Removes an entity from the cache and so from every list. Unlike `cache.evict`, this can be rolled
 * back after an optimistic update.
 */
export function removeEntity(cache: ApolloCache, entity: Entity): void {
  cache.modify({ id: cache.identify({ ...entity })!, fields: (_value, { DELETE }) => DELETE });
}
