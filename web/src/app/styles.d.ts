import 'react';

declare module 'react' {
  /** Beside the properties of CSS, those of our own that a style sheet reads. */
  // eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- only an interface merges
  interface CSSProperties {
    [property: `--${string}`]: string | number;
  }
}
