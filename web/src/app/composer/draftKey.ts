/**
 * Gives the idempotency key of a draft: the same for as long as its content is, so that sending it
 * again after a lost answer posts it once, and another as soon as it differs.
 */
export function draftKey(): (content: string) => string {
  let last: { content: string; key: string } | undefined;
  return (content) => {
    if (last?.content !== content) last = { content, key: randomKey() };
    return last.key;
  };
}

/** 128 random bits. crypto.randomUUID is not there on pages that came over plain HTTP. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
