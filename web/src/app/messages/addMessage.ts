import type { ApolloCache } from '@apollo/client';

import { PAGE_SIZE } from '../cache.ts';
import {
  ConversationDocument,
  ConversationsDocument,
  type NewMessagesSubscription,
} from '../gen/graphql.ts';

/** A message with its conversation, as sent and as received. */
export type MessageEdge = NewMessagesSubscription['messageReceived'];

/** Adds a message to its conversation and moves the conversation to the top of the list. */
export function addMessage(cache: ApolloCache, edge: MessageEdge): void {
  appendToConversation(cache, edge);
  moveConversationToTop(cache, edge);
}

function appendToConversation(cache: ApolloCache, edge: MessageEdge): void {
  const variables = { handle: edge.node.group.person.handle, last: PAGE_SIZE };
  cache.updateQuery({ query: ConversationDocument, variables }, (cached) => {
    if (!cached?.viewer) return undefined;
    const { group, ...node } = edge.node;
    // The first message creates the conversation.
    const messages = cached.viewer.messageGroup?.messages ?? {
      __typename: 'MessageConnection',
      edges: [],
      pageInfo: { __typename: 'PageInfo', hasPreviousPage: false, startCursor: null },
    };
    if (messages.edges.some((known) => known.node.id === node.id)) return undefined;
    const edges = [...messages.edges, { ...edge, node }];
    const messageGroup = { ...group, messages: { ...messages, edges } };
    return { ...cached, viewer: { ...cached.viewer, messageGroup } };
  });
}

function moveConversationToTop(cache: ApolloCache, edge: MessageEdge): void {
  const { group } = edge.node;
  const variables = { first: PAGE_SIZE };
  cache.updateQuery({ query: ConversationsDocument, variables }, (cached) => {
    if (!cached?.viewer) return undefined;
    const { messageGroups } = cached.viewer;
    const others = messageGroups.edges.filter(({ node }) => node.id !== group.id);
    const first = { __typename: 'MessageGroupEdge' as const, cursor: '', node: group };
    const edges = [first, ...others];
    return { ...cached, viewer: { ...cached.viewer, messageGroups: { ...messageGroups, edges } } };
  });
}
