import { expect, test } from 'vitest';

import {
  ConversationDocument,
  type ConversationQuery,
  ConversationsDocument,
  type MessageFieldsFragment,
} from '../gen/graphql.ts';
import { andrew, clientWith, userError } from '../testing.ts';
import { sendMessage } from './send.ts';

const bayko = {
  __typename: 'User' as const,
  id: 'bayko',
  handle: 'bayko',
  displayName: 'Andrew Bayko',
};

const draft = {
  from: andrew,
  to: bayko,
  groupId: 'g',
  message: 'Hello',
  idempotencyKey: 'key',
  optimistic: true,
};

const message = (id: string, text: string): MessageFieldsFragment => ({
  __typename: 'Message',
  id,
  message: text,
  createdAt: '2026-01-01T00:00:00Z',
  sender: andrew,
});

const group = (lastMessage: MessageFieldsFragment) => ({
  __typename: 'MessageGroup' as const,
  id: 'g',
  unreadCount: 0,
  person: bayko,
  lastMessage,
});

/** A client with a loaded conversation with bayko. Without messages, there is no conversation. */
function clientOf(...messages: MessageFieldsFragment[]) {
  const { client, gateway } = clientWith([]);
  const last = messages.at(-1);
  const data: ConversationQuery = {
    __typename: 'Query',
    user: { ...bayko, isViewer: false },
    viewer: {
      __typename: 'Viewer',
      messageGroup: last
        ? {
            ...group(last),
            messages: {
              __typename: 'MessageConnection',
              edges: messages.map((node) => ({ __typename: 'MessageEdge', cursor: node.id, node })),
              pageInfo: { __typename: 'PageInfo', hasPreviousPage: false, startCursor: null },
            },
          }
        : null,
    },
  };
  const conversation = { query: ConversationDocument, variables: { handle: 'bayko', last: 20 } };
  const conversations = { query: ConversationsDocument, variables: { first: 20 } };
  client.writeQuery({ ...conversation, data });
  client.writeQuery({
    ...conversations,
    data: {
      __typename: 'Query',
      viewer: {
        __typename: 'Viewer',
        messageGroups: {
          __typename: 'MessageGroupConnection',
          edges: last ? [{ __typename: 'MessageGroupEdge', cursor: 'g', node: group(last) }] : [],
          pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null },
        },
      },
    },
  });
  const shown = () =>
    client.cache
      .readQuery(conversation, true)
      ?.viewer?.messageGroup?.messages.edges.map(({ node }) => node.message);
  const listed = () =>
    client.cache
      .readQuery(conversations, true)
      ?.viewer?.messageGroups.edges.map(({ node }) => node.lastMessage.message);
  return { client, gateway, shown, listed };
}

const answer = (node: MessageFieldsFragment | null, ...userErrors: object[]) => ({
  data: {
    __typename: 'Mutation',
    sendMessage: {
      __typename: 'SendMessagePayload',
      edge: node && {
        __typename: 'MessageEdge',
        cursor: node.id,
        node: { ...node, group: group(node) },
      },
      userErrors,
    },
  },
});

test('a message appears at the end of its conversation at once, and only once', async () => {
  const { client, gateway, shown, listed } = clientOf(message('a', 'Hi'));
  const sending = sendMessage(client, draft);
  expect(shown()).toEqual(['Hi', 'Hello']);
  expect(listed()).toEqual(['Hello']);
  gateway.answer(answer(message('b', 'Hello')));
  expect(await sending).toEqual([]);
  expect(shown()).toEqual(['Hi', 'Hello']);
  expect(listed()).toEqual(['Hello']);
});

test('the first message starts the conversation', async () => {
  const { client, gateway, shown, listed } = clientOf();
  const sending = sendMessage(client, { ...draft, groupId: undefined });
  expect(shown()).toEqual(['Hello']);
  expect(listed()).toEqual(['Hello']);
  gateway.answer(answer(message('b', 'Hello')));
  await sending;
  expect(shown()).toEqual(['Hello']);
  expect(listed()).toEqual(['Hello']);
});

test('a rejected message leaves the conversation', async () => {
  const { client, gateway, shown, listed } = clientOf(message('a', 'Hi'));
  const sending = sendMessage(client, draft);
  gateway.answer(answer(null, userError('The message is empty.')));
  expect(await sending).toMatchObject([{ message: 'The message is empty.' }]);
  expect(shown()).toEqual(['Hi']);
  expect(listed()).toEqual(['Hi']);
});

test('a first message that fails removes the conversation again', async () => {
  const { client, gateway, shown, listed } = clientOf();
  const sending = sendMessage(client, { ...draft, groupId: undefined });
  gateway.answer(new TypeError('Failed to fetch'));
  await expect(sending).rejects.toThrow('Failed to fetch');
  expect(shown()).toBeUndefined();
  expect(listed()).toEqual([]);
});

test('a message that will be rejected is not shown first', () => {
  const { client, shown } = clientOf(message('a', 'Hi'));
  void sendMessage(client, { ...draft, optimistic: false });
  expect(shown()).toEqual(['Hi']);
});
