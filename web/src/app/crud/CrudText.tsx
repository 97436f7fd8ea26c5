import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import { paths } from '../paths.ts';
import styles from './CrudText.module.css';
import { parseText, type Segment } from './text.ts';

/**
 * A message whose hashtags, mentions and URLs are links. A direction that begins in a segment ends with it,
 * so that none can turn the others.
 */
export function CrudText({ text, className }: { text: string; className?: string | undefined }) {
  return (
    <p className={classNames(styles.text, className)} dir="auto">
      {parseText(text).map((segment, index) => (
        <TextSegment key={index} segment={segment} />
      ))}
    </p>
  );
}

function TextSegment({ segment }: { segment: Segment }) {
  switch (segment.kind) {
    case 'text':
      return <span className={styles.segment}>{segment.text}</span>;
    case 'hashtag':
      return (
        <Link href={paths.hashtag(segment.tag)} className={styles.segment}>
          {segment.text}
        </Link>
      );
    case 'mention':
      return (
        <Link href={paths.person(segment.handle)} dir="ltr">
          {segment.text}
        </Link>
      );
    case 'link':
      return (
        <a href={segment.url} dir="ltr" target="_blank" rel="noopener noreferrer">
          {segment.text}
        </a>
      );
  }
}
