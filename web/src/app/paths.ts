/** The addresses of the app's pages. */
export const paths = {
  home: '/',
  following: '/following',
  notifications: '/notifications',
  crud: (id: string) => `/crud/${encodeURIComponent(id)}`,
  person: (handle: string) => `/@${encodeURIComponent(handle)}`,
  followers: (handle: string) => `/@${encodeURIComponent(handle)}/followers`,
  followedBy: (handle: string) => `/@${encodeURIComponent(handle)}/following`,
  search: (query = '') => (query ? `/search?q=${encodeURIComponent(query)}` : '/search'),
  hashtag: (tag: string) => paths.search(`#${tag}`),
};
