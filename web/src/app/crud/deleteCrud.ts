import type { ApolloClient } from '@apollo/client';

import { incrementField, removeEntity } from '../cache.ts';
import {
  type CrudFieldsFragment,
  DeleteCrudDocument,
  type UserErrorFieldsFragment,
} from '../gen/graphql.ts';

/** Deletes a crud. It leaves every list at once and comes back if the gateway rejects that. */
export async function deleteCrud(
  client: ApolloClient,
  crud: CrudFieldsFragment,
): Promise<UserErrorFieldsFragment[] | undefined> {
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
      removeEntity(cache, { __typename: 'Activity', id });
      if (!crud.replyTo) incrementField(cache, crud.author, 'activitiesCount', -1);
    },
  });
  return data?.deleteActivity.userErrors;
}
