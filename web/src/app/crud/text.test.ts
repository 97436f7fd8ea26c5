import { expect, test } from 'vitest';

import { commonTags, lengthOf, pieces } from './text.ts';

const kinds = (message: string) =>
  pieces(message)
    .filter(({ kind }) => kind !== 'text')
    .map(({ kind, text }) => `${kind} ${text}`);

test('the pieces of a message together are the message', () => {
  const message = '@bayko see #aws, and #émoji_1! Mail me@home.org or ring.\n#end';
  expect(
    pieces(message)
      .map(({ text }) => text)
      .join(''),
  ).toBe(message);
});

test('hashtags and mentions are found', () => {
  expect(kinds('@bayko see #aws, and #émoji_1!')).toEqual([
    'mention @bayko',
    'hashtag #aws',
    'hashtag #émoji_1',
  ]);
});

test('an e-mail address mentions nobody', () => {
  expect(kinds('me@home.org')).toEqual([]);
});

test('the dots and dashes after a handle are not of it', () => {
  expect(kinds('Thanks @a.b-c.- Bye @worf...')).toEqual(['mention @a.b-c', 'mention @worf']);
});

test('an address loses the punctuation of its sentence', () => {
  const [, link] = pieces('See https://example.com/a?b=c#d.');
  expect(link).toEqual({
    kind: 'link',
    text: 'example.com/a?b=c#d',
    url: 'https://example.com/a?b=c#d',
  });
});

test('a message without any of these is one piece', () => {
  expect(pieces('Just # and @ and text')).toEqual([
    { kind: 'text', text: 'Just # and @ and text' },
  ]);
  expect(pieces('')).toEqual([]);
});

test('characters are counted as code points', () => {
  expect(lengthOf('a💜é')).toBe(3);
});

test('common tags are counted whatever their case, the most used first', () => {
  expect(commonTags(['#one #Two', '#two', '#three'], 2)).toEqual([
    { tag: 'Two', count: 2 },
    { tag: 'one', count: 1 },
  ]);
});
