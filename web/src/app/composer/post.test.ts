import { expect, test } from 'vitest';

import { isOptimistic } from '../optimistic.ts';
import { andrew, clientWith, crud, userError } from '../testing.ts';
import { postCrud, postReply } from './post.ts';

const draft = { author: andrew, message: 'Hello', idempotencyKey: 'key', optimistic: true };

const answer = (edge: object | null, ...userErrors: object[]) => ({
  data: {
    __typename: 'Mutation',
    createActivity: { __typename: 'CreateActivityPayload', edge, userErrors },
  },
});

test('a new crud appears at the top of the feed at once, and only once', async () => {
  const { client, gateway, home } = clientWith([crud('a')]);
  const posting = postCrud(client, draft, 'ONE_DAY');
  expect(home().map(({ message }) => message)).toEqual(['Hello', 'The crud a']);
  expect(isOptimistic(home()[0]!.id)).toBe(true);
  gateway.answer(answer({ __typename: 'ActivityEdge', cursor: 'b', node: crud('b') }));
  expect(await posting).toEqual([]);
  expect(home().map(({ id }) => id)).toEqual(['b', 'a']);
});

test('a rejected crud leaves the feed', async () => {
  const { client, gateway, home } = clientWith([crud('a')]);
  const posting = postCrud(client, draft, 'ONE_DAY');
  gateway.answer(answer(null, userError('The message is empty.')));
  expect(await posting).toMatchObject([{ message: 'The message is empty.' }]);
  expect(home().map(({ id }) => id)).toEqual(['a']);
});

test('a crud that will be rejected is not shown first', () => {
  const { client, home } = clientWith([crud('a')]);
  void postCrud(client, { ...draft, optimistic: false }, 'ONE_DAY');
  expect(home().map(({ id }) => id)).toEqual(['a']);
});

test('a reply is counted at once and does not appear in the feed', () => {
  const { client, home } = clientWith([crud('a', { repliesCount: 4 })]);
  void postReply(client, draft, home()[0]!);
  expect(home().map(({ repliesCount }) => repliesCount)).toEqual([5]);
});
