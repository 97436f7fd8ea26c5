/** An item and its place in a list. */
export interface Edge {
  cursor: string;
  node: { id: string };
}

/** Those of the edges that are not in the list yet. */
export function missing<Item extends Edge>(arrived: Item[], shown: Edge[]): Item[] {
  const known = new Set(shown.map(({ node }) => node.id));
  return arrived.filter(({ node }) => !known.has(node.id));
}

/** A list with what has arrived in front of it; the newest stands first in both. */
export function prepended<Item extends Edge, List extends { edges: Item[] }>(
  list: List & { edges: Item[] },
  arrived: NoInfer<Item>[],
): List {
  return { ...list, edges: [...missing(arrived, list.edges), ...list.edges] };
}

/** The cursor of the newest item of a list that the gateway knows. */
export function newestCursor(edges: Edge[]): string | null {
  return edges.find(({ cursor }) => cursor !== '')?.cursor ?? null;
}
