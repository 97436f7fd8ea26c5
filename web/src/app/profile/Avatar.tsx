import { classNames } from '../classNames.ts';
import type { PersonFieldsFragment } from '../gen/graphql.ts';
import styles from './Avatar.module.css';

interface Props {
  person: Pick<PersonFieldsFragment, 'handle' | 'displayName'>;
  size?: 'large';
  className?: string | undefined;
}

/** A person's initial on a colour that depends on their handle. */
export function Avatar({ person, size, className }: Props) {
  const [initial = '?'] = /[\p{L}\p{N}\p{S}]/u.exec(person.displayName) ?? [];
  return (
    <span
      className={classNames(styles.avatar, className)}
      data-size={size}
      style={{ '--hue': hueOf(person.handle) }}
      aria-hidden="true"
    >
      {initial.toUpperCase()}
    </span>
  );
}

/** Returns a hue in degrees, always the same for the same handle. */
export function hueOf(handle: string): number {
  let hash = 0;
  for (const character of handle) hash = (hash * 31 + character.codePointAt(0)!) % 360;
  return hash;
}
