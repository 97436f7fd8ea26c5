import 'react';

declare module 'react' {
  /** Allows the custom properties that our style sheets read. */
  // eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- declaration merging needs an interface
  interface CSSProperties {
    [property: `--${string}`]: string | number;
  }
}
