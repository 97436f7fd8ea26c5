import { useQuery } from '@apollo/client/react';

import { PAGE_SIZE } from '../cache.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudFeed } from '../feed/CrudFeed.tsx';
import { ProfileDocument } from '../gen/graphql.ts';
import { plainName } from '../plainName.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { ErrorState } from '../shell/ErrorState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { NoSuchPerson } from './NoSuchPerson.tsx';
import { ProfileHeader } from './ProfileHeader.tsx';

export function ProfilePage({ handle }: { handle: string }) {
  const { data, error, fetchMore, refetch } = useQuery(ProfileDocument, {
    variables: { handle, first: PAGE_SIZE },
  });
  const person = data?.user;
  if (!person) {
    return (
      <>
        <PageHeader title={`@${handle}`} back="always" />
        {data ? (
          <NoSuchPerson handle={handle} />
        ) : error ? (
          <ErrorState error={error} onRetry={() => refetch().catch(() => undefined)} />
        ) : (
          <CrudSkeletons count={4} />
        )}
      </>
    );
  }
  return (
    <>
      <PageHeader title={person.displayName} back="always" />
      <ProfileHeader person={person} />
      <CrudFeed
        label={`Cruds of ${plainName(person.displayName)}`}
        connection={person.activities}
        error={error}
        loadMore={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={
          <EmptyState title="No cruds">Nothing is posted, or all of it has expired.</EmptyState>
        }
      />
    </>
  );
}
