/** A part of a message: plain text or a link. */
export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'hashtag'; text: string; tag: string }
  | { kind: 'mention'; text: string; handle: string }
  /** The text names the host that a browser opens, in ASCII, and has no user name and no password. */
  | { kind: 'link'; text: string; url: string };

// As in the gateway, a mention starts outside of a word, so that an e-mail address is not one, and does
// not end with a dot or dash.
const LINK =
  /(?<link>https?:\/\/[^\s<>"]+)|(?<![\p{L}\p{N}_#])#(?<tag>[\p{L}\p{N}_]+)|(?<![\p{L}\p{N}_.-])@(?<handle>[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?)/gu;

// Characters of an address that could move or hide the ones around them.
const UNSAFE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** Splits a message into plain text and links. But for the texts of URLs, the segments joined are the message. */
export function parseText(message: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of message.matchAll(LINK)) {
    const { link, tag, handle } = match.groups ?? {};
    // Punctuation after a URL belongs to the sentence.
    const text = link ? link.replace(/[.,;:!?'")\]]+$/, '') : match[0];
    if (match.index > end) segments.push({ kind: 'text', text: message.slice(end, match.index) });
    if (link) segments.push(linkTo(text));
    else if (tag) segments.push({ kind: 'hashtag', text, tag });
    else if (handle) segments.push({ kind: 'mention', text, handle });
    end = match.index + text.length;
  }
  if (end < message.length) segments.push({ kind: 'text', text: message.slice(end) });
  return segments;
}

/** Returns a link as the browser will open it. What is not a URL stays text. */
function linkTo(text: string): Segment {
  if (!URL.canParse(text)) return { kind: 'text', text };
  const { host, pathname, search, hash, href } = new URL(text);
  const rest = `${pathname}${search}${hash}`;
  return { kind: 'link', text: rest === '/' ? host : host + readable(rest), url: href };
}

/** Decodes the letters of an address that are not ASCII. */
function readable(address: string): string {
  return address.replace(/(?:%[89a-f][0-9a-f])+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded).replace(UNSAFE, encodeURIComponent);
    } catch {
      return encoded;
    }
  });
}

/** Counts the characters of a message as the gateway does: in code points. */
export function characterCount(message: string): number {
  return Array.from(message).length;
}

/** Returns the most used hashtags of some messages, each spelled as it first appears. */
export function popularHashtags(
  messages: string[],
  limit: number,
): { tag: string; count: number }[] {
  const counts = new Map<string, { tag: string; count: number }>();
  for (const message of messages) {
    for (const segment of parseText(message)) {
      if (segment.kind !== 'hashtag') continue;
      const known = counts.get(segment.tag.toLowerCase());
      if (known) known.count += 1;
      else counts.set(segment.tag.toLowerCase(), { tag: segment.tag, count: 1 });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, limit);
}
