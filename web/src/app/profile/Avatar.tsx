import './Avatar.css';

import type { PersonFieldsFragment } from '../gen/graphql.ts';

interface Props {
  person: Pick<PersonFieldsFragment, 'handle' | 'displayName'>;
  size?: 'large';
}

/** A person's initial on a colour of their own. */
export function Avatar({ person, size }: Props) {
  const [initial = '?'] = person.displayName.trim();
  return (
    <span
      className="avatar"
      data-size={size}
      style={{ '--hue': hueOf(person.handle) }}
      aria-hidden="true"
    >
      {initial.toUpperCase()}
    </span>
  );
}

/** An angle on the colour wheel, the same for the same handle. */
export function hueOf(handle: string): number {
  let hash = 0;
  for (const character of handle) hash = (hash * 31 + character.codePointAt(0)!) % 360;
  return hash;
}
