import type { ApolloClient } from '@apollo/client';

import {
  type PersonFieldsFragment,
  type RefusalFragment,
  SendMessageDocument,
} from '../gen/graphql.ts';
import { type MessageEdge, receive } from './receive.ts';

export interface Draft {
  from: PersonFieldsFragment;
  to: PersonFieldsFragment;
  /** The conversation's id, where there is one already. */
  groupId: string | undefined;
  message: string;
  /** Makes a second attempt at the same draft harmless. */
  idempotencyKey: string;
  /** Whether to show the message before the gateway has taken it. */
  optimistic: boolean;
}

/** Sends a message; it ends the conversation at once, and the conversation heads the list. */
export async function sendMessage(
  client: ApolloClient,
  draft: Draft,
): Promise<RefusalFragment[] | undefined> {
  const { to, message, idempotencyKey } = draft;
  const { data } = await client.mutate({
    mutation: SendMessageDocument,
    variables: { input: { toHandle: to.handle, message, idempotencyKey } },
    ...(draft.optimistic && {
      optimisticResponse: {
        __typename: 'Mutation',
        sendMessage: {
          __typename: 'SendMessagePayload',
          edge: unsentEdge(draft),
          userErrors: [],
        },
      },
    }),
    update(cache, { data }) {
      const edge = data?.sendMessage.edge;
      if (!edge) return;
      receive(cache, edge);
    },
  });
  return data?.sendMessage.userErrors;
}

function unsentEdge({ from, to, groupId, message, idempotencyKey }: Draft): MessageEdge {
  const unsent = {
    __typename: 'Message' as const,
    id: `unsent:${idempotencyKey}`,
    message,
    createdAt: new Date().toISOString(),
    sender: from,
  };
  return {
    __typename: 'MessageEdge',
    cursor: '',
    node: {
      ...unsent,
      group: {
        __typename: 'MessageGroup',
        id: groupId ?? `unsent:${to.handle}`,
        unreadCount: 0,
        person: to,
        lastMessage: unsent,
      },
    },
  };
}
