/**
 * Returns a function from the content of a draft to its idempotency key. The key stays the same while
 * the content does, so a retry after a lost response posts nothing twice. An edit changes the key.
 */
export function createIdempotencyKeys(): (content: string) => string {
  let last: { content: string; key: string } | undefined;
  return (content) => {
    if (last?.content !== content) last = { content, key: randomKey() };
    return last.key;
  };
}

/** Returns 128 random bits in hex. Pages over plain HTTP have no crypto.randomUUID. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
