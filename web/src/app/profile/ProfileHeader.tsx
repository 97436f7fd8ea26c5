import { CalendarDays, Mail } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import { CrudText } from '../crud/CrudText.tsx';
import type { ProfileFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { SessionLink } from '../session/SessionLink.tsx';
import { monthAndYear } from '../time.ts';
import { useViewer } from '../viewer/viewer.ts';
import { Avatar, hueOf } from './Avatar.tsx';
import { EditProfile } from './EditProfile.tsx';
import { FollowButton } from './FollowButton.tsx';
import { DisplayName, Handle } from './PersonName.tsx';
import styles from './ProfileHeader.module.css';

/** The top of a profile: who the person is, their counts, and what the viewer can do. */
export function ProfileHeader({ person }: { person: ProfileFieldsFragment }) {
  const viewer = useViewer();
  const [isEditing, setIsEditing] = useState(false);
  return (
    <section
      className={styles.profile}
      aria-label="Profile"
      style={{ '--hue': hueOf(person.handle) }}
    >
      <div className={styles.banner} />
      <div className={styles.top}>
        <Avatar person={person} size="large" />
        {person.isViewer ? (
          <div className={styles.actions}>
            <SessionLink variant="button" />
            <button className="button quiet" onClick={() => setIsEditing(true)}>
              Edit profile
            </button>
          </div>
        ) : (
          <div className={styles.actions}>
            {viewer && (
              <Link
                className={classNames('button', 'quiet', styles.message)}
                href={paths.conversation(person.handle)}
              >
                <Mail aria-hidden />
                <span>Message</span>
              </Link>
            )}
            <FollowButton person={person} />
          </div>
        )}
      </div>
      <h2>
        <DisplayName person={person} />
      </h2>
      <p className="muted">
        <Handle person={person} />
      </p>
      {person.bio && <CrudText className={styles.bio} text={person.bio} />}
      <p className={classNames('muted', styles.joined)}>
        <CalendarDays aria-hidden /> Joined {monthAndYear(person.createdAt)}
      </p>
      <ul className={styles.counts}>
        <li>
          <strong>{person.activitiesCount}</strong> {noun(person.activitiesCount, 'crud')}
        </li>
        <li>
          <Link href={paths.followedBy(person.handle)}>
            <strong>{person.followingCount}</strong> following
          </Link>
        </li>
        <li>
          <Link href={paths.followers(person.handle)}>
            <strong>{person.followersCount}</strong> {noun(person.followersCount, 'follower')}
          </Link>
        </li>
      </ul>
      {isEditing && <EditProfile person={person} onClose={() => setIsEditing(false)} />}
    </section>
  );
}

function noun(count: number, one: string): string {
  return count === 1 ? one : `${one}s`;
}
