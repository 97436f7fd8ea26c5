/** How many of the latest items, newest first, stand before those that are shown already. */
export function countArrivals(latest: string[], shown: string[]): number {
  const known = new Set(shown);
  const first = latest.findIndex((id) => known.has(id));
  return first < 0 ? latest.length : first;
}
