import 'react';

declare module 'react' {
  interface CSSProperties {
    /** A property of our own that a style sheet reads. */
    [property: `--${string}`]: string | number;
  }
}
