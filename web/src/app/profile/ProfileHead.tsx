import './Profile.css';

import { CalendarDays, Mail } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { CrudText } from '../crud/CrudText.tsx';
import type { ProfileFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { monthAndYear } from '../time.ts';
import { SessionLink } from '../session/SessionLink.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { Avatar, hueOf } from './Avatar.tsx';
import { EditProfile } from './EditProfile.tsx';
import { FollowButton } from './FollowButton.tsx';

export function ProfileHead({ person }: { person: ProfileFieldsFragment }) {
  const viewer = useViewer();
  const [editing, setEditing] = useState(false);
  return (
    <section className="profile" aria-label="Profile" style={{ '--hue': hueOf(person.handle) }}>
      <div className="profile-banner" />
      <div className="profile-top">
        <Avatar person={person} size="large" />
        {person.isViewer ? (
          <div className="profile-actions">
            <SessionLink className="button quiet session-button" />
            <button className="button quiet" onClick={() => setEditing(true)}>
              Edit profile
            </button>
          </div>
        ) : (
          <div className="profile-actions">
            {viewer && (
              <Link className="button quiet" href={paths.conversation(person.handle)}>
                <Mail aria-hidden />
                <span>Message</span>
              </Link>
            )}
            <FollowButton person={person} />
          </div>
        )}
      </div>
      <h2>{person.displayName}</h2>
      <p className="muted">@{person.handle}</p>
      {person.bio && <CrudText text={person.bio} />}
      <p className="muted profile-joined">
        <CalendarDays aria-hidden /> Joined {monthAndYear(person.createdAt)}
      </p>
      <ul className="profile-counts">
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
      {editing && <EditProfile person={person} onClose={() => setEditing(false)} />}
    </section>
  );
}

function noun(count: number, one: string): string {
  return count === 1 ? one : `${one}s`;
}
