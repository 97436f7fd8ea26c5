import type { ApolloClient } from '@apollo/client';

import { addTo, forget } from '../cache.ts';
import {
  type CrudFieldsFragment,
  DeleteCrudDocument,
  type RefusalFragment,
} from '../gen/graphql.ts';

/** Deletes a crud; it leaves every list at once and comes back if the gateway refuses. */
export async function deleteCrud(
  client: ApolloClient,
  crud: CrudFieldsFragment,
): Promise<RefusalFragment[] | undefined> {
  const { data } = await client.mutate({
    mutation: DeleteCrudDocument,
    variables: { input: { activityId: crud.id } },
    optimisticResponse: {
      __typename: 'Mutation',
      deleteActivity: {
        __typename: 'DeleteActivityPayload',
        deletedId: crud.id,
        parent: null,
        userErrors: [],
      },
    },
    update(cache, { data }) {
      const id = data?.deleteActivity.deletedId;
      if (!id) return;
      forget(cache, { __typename: 'Activity', id });
      if (!crud.replyTo) addTo(cache, crud.author, 'activitiesCount', -1);
    },
  });
  return data?.deleteActivity.userErrors;
}
