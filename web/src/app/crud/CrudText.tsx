import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import { paths } from '../paths.ts';
import styles from './CrudText.module.css';
import { parseText, type Segment } from './text.ts';

/** A message whose hashtags, mentions and URLs are links. */
export function CrudText({ text, className }: { text: string; className?: string | undefined }) {
  return (
    <p className={classNames(styles.text, className)}>
      {parseText(text).map((segment, index) => (
        <TextSegment key={index} segment={segment} />
      ))}
    </p>
  );
}

function TextSegment({ segment }: { segment: Segment }) {
  switch (segment.kind) {
    case 'text':
      return segment.text;
    case 'hashtag':
      return <Link href={paths.hashtag(segment.tag)}>{segment.text}</Link>;
    case 'mention':
      return <Link href={paths.person(segment.handle)}>{segment.text}</Link>;
    case 'link':
      return (
        <a href={segment.url} target="_blank" rel="noopener noreferrer">
          {segment.text}
        </a>
      );
  }
}
