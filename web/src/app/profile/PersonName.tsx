import { classNames } from '../classNames.ts';
import type { PersonFieldsFragment } from '../gen/graphql.ts';
import styles from './PersonName.module.css';

type Named = Pick<PersonFieldsFragment, 'handle' | 'displayName'>;

/** A handle within other text: isolated, and broken if it is longer than a line. */
export function Handle({
  person,
  className,
}: {
  person: Pick<Named, 'handle'>;
  className?: string;
}) {
  return (
    <bdi dir="ltr" className={classNames(styles.handle, className)}>
      @{person.handle}
    </bdi>
  );
}

/**
 * A display name within other text. It is isolated, so that its direction does not reach the text around
 * it, and cut if it is longer than a line.
 */
export function DisplayName({ person }: { person: Pick<Named, 'displayName'> }) {
  return <bdi className={styles.name}>{person.displayName}</bdi>;
}

/**
 * A display name with the handle after or below it. The handle, which tells people apart, is always shown
 * whole: a name that leaves no room for it is cut.
 */
export function PersonName({ person, below }: { person: Named; below?: boolean | undefined }) {
  return (
    <span className={classNames(styles.person, below ? styles.below : undefined)}>
      <strong>
        <DisplayName person={person} />
      </strong>{' '}
      <Handle person={person} className="muted" />
    </span>
  );
}
