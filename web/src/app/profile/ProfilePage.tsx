import { useQuery } from '@apollo/client/react';

import { PAGE } from '../cache.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudFeed } from '../feed/CrudFeed.tsx';
import { ProfileDocument } from '../gen/graphql.ts';
import { reason } from '../notice.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { ProfileHead } from './ProfileHead.tsx';

export function ProfilePage({ handle }: { handle: string }) {
  const { data, error, fetchMore, refetch } = useQuery(ProfileDocument, {
    variables: { handle, first: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  const person = data?.user;
  if (!person) {
    return (
      <>
        <PageHeader title={`@${handle}`} back />
        {data ? (
          <Empty title={`Nobody is called @${handle}`}>Handles tell upper from lower case.</Empty>
        ) : error ? (
          <Empty title="That did not work">{reason(error)}</Empty>
        ) : (
          <CrudSkeletons count={4} />
        )}
      </>
    );
  }
  return (
    <>
      <PageHeader title={person.displayName} back />
      <ProfileHead person={person} />
      <CrudFeed
        label={`Cruds of ${person.displayName}`}
        connection={person.activities}
        error={error}
        more={(after) => fetchMore({ variables: { after } })}
        retry={() => refetch()}
        empty={<Empty title="No cruds">What was posted here has expired, or nothing was.</Empty>}
      />
    </>
  );
}
