import type { ApolloClient } from '@apollo/client';

import type { Submission } from '../composer/useDraft.ts';
import {
  type PersonFieldsFragment,
  type UserErrorFieldsFragment,
  SendMessageDocument,
} from '../gen/graphql.ts';
import { optimisticId } from '../optimistic.ts';
import { addMessage, type MessageEdge } from './addMessage.ts';

export interface Draft extends Submission {
  from: PersonFieldsFragment;
  to: PersonFieldsFragment;
  /** The id of the conversation; undefined if this is its first message. */
  groupId: string | undefined;
}

/** Sends a message. It appears in its conversation at once, which moves to the top of the list. */
export async function sendMessage(
  client: ApolloClient,
  draft: Draft,
): Promise<UserErrorFieldsFragment[] | undefined> {
  const { to, message, idempotencyKey } = draft;
  const { data } = await client.mutate({
    mutation: SendMessageDocument,
    variables: { input: { toHandle: to.handle, message, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        sendMessage: {
          __typename: 'SendMessagePayload',
          edge: optimisticEdge(draft),
          userErrors: [],
        },
      },
    }),
    update(cache, { data }) {
      const edge = data?.sendMessage.edge;
      if (edge) addMessage(cache, edge);
    },
  });
  return data?.sendMessage.userErrors;
}

function optimisticEdge({ from, to, groupId, message, idempotencyKey }: Draft): MessageEdge {
  const sent = {
    __typename: 'Message' as const,
    id: optimisticId(idempotencyKey),
    message,
    createdAt: new Date().toISOString(),
    sender: from,
  };
  return {
    __typename: 'MessageEdge',
    cursor: '',
    node: {
      ...sent,
      group: {
        __typename: 'MessageGroup',
        id: groupId ?? optimisticId(to.handle),
        unreadCount: 0,
        person: to,
        lastMessage: sent,
      },
    },
  };
}
