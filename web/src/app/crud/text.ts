/** A stretch of a message: plain, or one that leads somewhere. */
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'hashtag'; text: string; tag: string }
  | { kind: 'mention'; text: string; handle: string }
  | { kind: 'link'; text: string; url: string };

// A mention as the gateway reads it: not inside of a word, so that an e-mail address is none, and
// without the dots and dashes at its end.
const LEADING =
  /(?<link>https?:\/\/[^\s<>"]+)|(?<![\p{L}\p{N}_#])#(?<tag>[\p{L}\p{N}_]+)|(?<![\p{L}\p{N}_.-])@(?<handle>[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?)/gu;

/** Cuts a message into the pieces that are shown differently. Together they are the message. */
export function pieces(message: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of message.matchAll(LEADING)) {
    const { link, tag, handle } = match.groups ?? {};
    // Punctuation after an address ends the sentence, not the address.
    const text = link ? link.replace(/[.,;:!?'")\]]+$/, '') : match[0];
    if (match.index > end) found.push({ kind: 'text', text: message.slice(end, match.index) });
    if (link) found.push({ kind: 'link', text: text.replace(/^https?:\/\//, ''), url: text });
    else if (tag) found.push({ kind: 'hashtag', text, tag });
    else if (handle) found.push({ kind: 'mention', text, handle });
    end = match.index + text.length;
  }
  if (end < message.length) found.push({ kind: 'text', text: message.slice(end) });
  return found;
}

/** How many characters a message has, as the gateway counts them: code points. */
export function lengthOf(message: string): number {
  return Array.from(message).length;
}

/** The hashtags of many messages, the most used first, each in the writing seen first. */
export function commonTags(messages: string[], limit: number): { tag: string; count: number }[] {
  const counts = new Map<string, { tag: string; count: number }>();
  for (const message of messages) {
    for (const piece of pieces(message)) {
      if (piece.kind !== 'hashtag') continue;
      const known = counts.get(piece.tag.toLowerCase());
      if (known) known.count += 1;
      else counts.set(piece.tag.toLowerCase(), { tag: piece.tag, count: 1 });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, limit);
}
