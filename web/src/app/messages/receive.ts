import type { ApolloCache } from '@apollo/client';

import { PAGE } from '../cache.ts';
import {
  ConversationDocument,
  ConversationsDocument,
  type MessageArrivalsSubscription,
} from '../gen/graphql.ts';

/** A message with its conversation, as it is sent and as it arrives. */
export type MessageEdge = MessageArrivalsSubscription['messageReceived'];

/** Puts a message where it belongs: it ends its conversation, which heads the list. */
export function receive(cache: ApolloCache, edge: MessageEdge): void {
  endConversation(cache, edge);
  headConversations(cache, edge);
}

/** Puts a message behind those of its conversation, which may be its first. */
function endConversation(cache: ApolloCache, edge: MessageEdge): void {
  const variables = { handle: edge.node.group.person.handle, last: PAGE };
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
function headConversations(cache: ApolloCache, edge: MessageEdge): void {
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
