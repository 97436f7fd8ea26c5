/** An item with its cursor. */
export interface Edge {
  cursor: string;
  node: { id: string };
}

/** Returns the edges whose items are not in the list. */
export function notInList<Item extends Edge>(edges: Item[], list: Edge[]): Item[] {
  const known = new Set(list.map(({ node }) => node.id));
  return edges.filter(({ node }) => !known.has(node.id));
}

/** Returns a list with new items in front of it, without duplicates. Both are newest first. */
export function prepended<Item extends Edge, List extends { edges: Item[] }>(
  list: List & { edges: Item[] },
  newItems: NoInfer<Item>[],
): List {
  return { ...list, edges: [...notInList(newItems, list.edges), ...list.edges] };
}

/** Returns the cursor of the newest item that the gateway has confirmed, or null. */
export function newestCursor(edges: Edge[]): string | null {
  return edges.find(({ cursor }) => cursor !== '')?.cursor ?? null;
}
