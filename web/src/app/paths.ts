/** What a part of an address stands for; the part itself where it is malformed. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
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
