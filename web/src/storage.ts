/** The prefix of GraphiQL's keys in localStorage. */
const PREFIX = 'graphiql:';
/** Keys whose values contain headers, or ask GraphiQL to store headers. */
const FORBIDDEN = new Set([`${PREFIX}headers`, `${PREFIX}shouldPersistHeaders`]);
/** Keys whose values are JSON with headers beside operations: the tabs, and the history. */
const MIXED = new Set([`${PREFIX}tabState`, `${PREFIX}queries`, `${PREFIX}favorites`]);

/**
 * The storage of GraphiQL's tabs and history: localStorage, which outlives the browser, but without the
 * headers, which contain tokens. Those stay in memory.
 */
export const storageWithoutHeaders = {
  getItem: (key: string): string | null => localStorage.getItem(key),
  setItem(key: string, value: string): void {
    if (!FORBIDDEN.has(key)) localStorage.setItem(key, withoutHeaders(key, value));
  },
  removeItem: (key: string): void => localStorage.removeItem(key),
  clear: (): void => storedKeys().forEach((key) => localStorage.removeItem(key)),
  get length(): number {
    return storedKeys().length;
  },
};

/** Removes the headers that GraphiQL has stored in localStorage. */
export function removeStoredHeaders(): void {
  for (const key of storedKeys()) {
    const value = localStorage.getItem(key);
    if (value === null) continue;
    if (FORBIDDEN.has(key)) localStorage.removeItem(key);
    else localStorage.setItem(key, withoutHeaders(key, value));
  }
}

function storedKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

/** Returns the value of a key with null as each of its headers. A damaged value becomes empty. */
function withoutHeaders(key: string, value: string): string {
  if (!MIXED.has(key)) return value;
  try {
    return JSON.stringify(JSON.parse(value), (name, it: unknown) =>
      name === 'headers' ? null : it,
    );
  } catch {
    return '';
  }
}
