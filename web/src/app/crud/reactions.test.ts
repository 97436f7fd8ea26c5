import { expect, test } from 'vitest';

import { clientWith, crud, userError } from '../testing.ts';
import { deleteCrud } from './deleteCrud.ts';
import { toggleLike, toggleRepost } from './reactions.ts';

const payload = (activity: object | null, ...userErrors: object[]) => ({
  __typename: 'LikeActivityPayload',
  activity,
  userErrors,
});

test('a like is shown before the gateway answers', async () => {
  const { client, gateway, home } = clientWith([crud('a', { likesCount: 1 })]);
  const like = toggleLike(client, home()[0]!);
  expect(home()[0]).toMatchObject({ likesCount: 2, viewerHasLiked: true });
  const counted = { __typename: 'Activity', id: 'a', likesCount: 7, viewerHasLiked: true };
  gateway.answer({ data: { __typename: 'Mutation', likeActivity: payload(counted) } });
  expect(await like).toEqual([]);
  expect(home()[0]).toMatchObject({ likesCount: 7, viewerHasLiked: true });
});

test('a second click removes the like', () => {
  const { client, home } = clientWith([crud('a', { likesCount: 1, viewerHasLiked: true })]);
  void toggleLike(client, home()[0]!);
  expect(home()[0]).toMatchObject({ likesCount: 0, viewerHasLiked: false });
});

test('a rejected like is rolled back', async () => {
  const { client, gateway, home } = clientWith([crud('a')]);
  const like = toggleLike(client, home()[0]!);
  gateway.answer({
    data: { __typename: 'Mutation', likeActivity: payload(null, userError('It has expired.')) },
  });
  expect(await like).toMatchObject([{ message: 'It has expired.' }]);
  expect(home()[0]).toMatchObject({ likesCount: 0, viewerHasLiked: false });
});

test('a repost that fails is rolled back', async () => {
  const { client, gateway, home } = clientWith([crud('a')]);
  const repost = toggleRepost(client, home()[0]!);
  expect(home()[0]).toMatchObject({ repostsCount: 1, viewerHasReposted: true });
  gateway.answer(new TypeError('Failed to fetch'));
  await expect(repost).rejects.toThrow('Failed to fetch');
  expect(home()[0]).toMatchObject({ repostsCount: 0, viewerHasReposted: false });
});

test('a deleted crud leaves the feed, and comes back if the deletion fails', async () => {
  const { client, gateway, home } = clientWith([crud('b'), crud('a')]);
  const deletion = deleteCrud(client, home()[0]!);
  expect(home().map(({ id }) => id)).toEqual(['a']);
  gateway.answer(new TypeError('Failed to fetch'));
  await expect(deletion).rejects.toThrow('Failed to fetch');
  expect(home().map(({ id }) => id)).toEqual(['b', 'a']);
});
