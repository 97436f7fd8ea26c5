const PREFIX = 'optimistic:';

/** The id of an item that the gateway has not confirmed yet. The gateway's answer replaces it. */
export function optimisticId(key: string): string {
  return PREFIX + key;
}

/** Returns whether an id belongs to an item that the gateway has not confirmed yet. */
export function isOptimistic(id: string): boolean {
  return id.startsWith(PREFIX);
}
