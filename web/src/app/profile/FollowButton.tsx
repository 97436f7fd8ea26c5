import { useApolloClient } from '@apollo/client/react';

import type { PersonCardFieldsFragment } from '../gen/graphql.ts';
import { attempt } from '../notice.ts';
import { useViewer } from '../viewer/viewer.ts';
import { toggleFollow } from './follow.ts';

/** Follows somebody, or stops to. Nothing for visitors and for oneself. */
export function FollowButton({ person }: { person: PersonCardFieldsFragment }) {
  const client = useApolloClient();
  const viewer = useViewer();
  if (!viewer || person.isViewer) return null;
  const label = person.viewerIsFollowing ? 'Following' : 'Follow';
  return (
    <button
      className={person.viewerIsFollowing ? 'button quiet following' : 'button'}
      aria-label={`${label} ${person.displayName}`}
      onClick={() => void attempt(toggleFollow(client, person))}
    >
      {label}
    </button>
  );
}
