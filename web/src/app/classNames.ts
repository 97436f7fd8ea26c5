/** Joins class names. CSS modules type every class as possibly undefined. */
export function classNames(...names: (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).join(' ');
}
