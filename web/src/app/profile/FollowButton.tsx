import { useApolloClient } from '@apollo/client/react';

import type { PersonCardFieldsFragment } from '../gen/graphql.ts';
import { plainName } from '../plainName.ts';
import { withErrorToast } from '../toast.ts';
import { useViewer } from '../viewer/viewer.ts';
import { toggleFollow } from './follow.ts';

/** Follows or unfollows a person. Hidden from anonymous visitors and on the viewer's own profile. */
export function FollowButton({ person }: { person: PersonCardFieldsFragment }) {
  const client = useApolloClient();
  const viewer = useViewer();
  if (!viewer || person.isViewer) return null;
  const label = person.viewerIsFollowing ? 'Following' : 'Follow';
  return (
    <button
      className={person.viewerIsFollowing ? 'button quiet following' : 'button'}
      aria-label={`${label} ${plainName(person.displayName)}`}
      onClick={() => void withErrorToast(toggleFollow(client, person))}
    >
      {label}
    </button>
  );
}
