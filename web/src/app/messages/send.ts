import type { ApolloCache, ApolloClient } from '@apollo/client';

import { PAGE } from '../cache.ts';
import {
  ConversationDocument,
  ConversationsDocument,
  type PersonFieldsFragment,
  type RefusalFragment,
  SendMessageDocument,
  type SendMessageMutation,
} from '../gen/graphql.ts';

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

type SentEdge = NonNullable<SendMessageMutation['sendMessage']['edge']>;

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
      endConversation(cache, to.handle, edge);
      headConversations(cache, edge);
    },
  });
  return data?.sendMessage.userErrors;
}

/** Puts a message behind those of its conversation, which may be its first. */
function endConversation(cache: ApolloCache, handle: string, edge: SentEdge): void {
  const variables = { handle, last: PAGE };
  cache.updateQuery({ query: ConversationDocument, variables }, (known) => {
    if (!known?.viewer) return undefined;
    const { group, ...node } = edge.node;
    const messages = known.viewer.messageGroup?.messages ?? {
      __typename: 'MessageConnection',
      edges: [],
      pageInfo: { __typename: 'PageInfo', hasPreviousPage: false, startCursor: null },
    };
    if (messages.edges.some((sent) => sent.node.id === node.id)) return undefined;
    const edges = [...messages.edges, { ...edge, node }];
    const messageGroup = { ...group, messages: { ...messages, edges } };
    return { ...known, viewer: { ...known.viewer, messageGroup } };
  });
}

/** Moves a message's conversation to the front of the list. */
function headConversations(cache: ApolloCache, edge: SentEdge): void {
  const { group } = edge.node;
  const variables = { first: PAGE };
  cache.updateQuery({ query: ConversationsDocument, variables }, (known) => {
    if (!known?.viewer) return undefined;
    const { messageGroups } = known.viewer;
    const others = messageGroups.edges.filter(({ node }) => node.id !== group.id);
    const first = { __typename: 'MessageGroupEdge' as const, cursor: '', node: group };
    const edges = [first, ...others];
    return { ...known, viewer: { ...known.viewer, messageGroups: { ...messageGroups, edges } } };
  });
}

function unsentEdge({ from, to, groupId, message, idempotencyKey }: Draft): SentEdge {
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
