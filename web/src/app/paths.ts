/** Decodes a segment of an address. Returns the segment itself if it is malformed. */
export function decodePathSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The addresses of the app's pages. */
export const paths = {
  home: '/',
  following: '/following',
  signIn: '/sign-in',
  notifications: '/notifications',
  messages: '/messages',
  conversation: (handle: string) => `/messages/@${encodeURIComponent(handle)}`,
  crud: (id: string) => `/crud/${encodeURIComponent(id)}`,
  person: (handle: string) => `/@${encodeURIComponent(handle)}`,
  followers: (handle: string) => `/@${encodeURIComponent(handle)}/followers`,
  followedBy: (handle: string) => `/@${encodeURIComponent(handle)}/following`,
  search: (query = '') => (query ? `/search?q=${encodeURIComponent(query)}` : '/search'),
  hashtag: (tag: string) => paths.search(`#${tag}`),
};

/** Matches the messages page, with or without an open conversation. */
export const messagesRoute = /^\/messages(?:\/@(?<handle>[^/]+))?$/;
