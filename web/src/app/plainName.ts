/**
 * Returns a display name for places that hold plain text only, such as titles and labels: without the
 * bidirectional controls that would turn the text around it, and with single spaces.
 */
export function plainName(displayName: string): string {
  return displayName
    .replace(/\p{Bidi_Control}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}
