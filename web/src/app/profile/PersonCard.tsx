import { Link } from 'wouter';

import { CrudText } from '../crud/CrudText.tsx';
import type { PersonCardFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Avatar } from './Avatar.tsx';
import { FollowButton } from './FollowButton.tsx';
import { PersonName } from './PersonName.tsx';
import styles from './PersonCard.module.css';

/** A person in a list. */
export function PersonCard({ person }: { person: PersonCardFieldsFragment }) {
  return (
    <article className={styles.card} tabIndex={-1} aria-label={plainName(person.displayName)}>
      <Avatar person={person} />
      <Link href={paths.person(person.handle)} data-key="open">
        <PersonName person={person} below />
      </Link>
      <FollowButton person={person} />
      {person.bio && <CrudText className={styles.bio} text={person.bio} />}
    </article>
  );
}
