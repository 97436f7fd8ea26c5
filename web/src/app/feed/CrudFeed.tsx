import type { ComponentProps } from 'react';

import { Crud } from '../crud/Crud.tsx';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { hasPassed, useNow } from '../time.ts';
import { Feed } from './Feed.tsx';

type Props = Omit<ComponentProps<typeof Feed<CrudFieldsFragment>>, 'children'> & {
  inThread?: boolean;
};

/** A feed of cruds. A crud leaves it when it expires. */
export function CrudFeed({ inThread = false, ...feed }: Props) {
  const now = useNow();
  return (
    <Feed {...feed}>
      {(crud) => !hasPassed(crud.expiresAt, now) && <Crud crud={crud} inThread={inThread} />}
    </Feed>
  );
}
