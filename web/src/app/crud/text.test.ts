import { expect, test } from 'vitest';

import { popularHashtags, characterCount, parseText } from './text.ts';

const kinds = (message: string) =>
  parseText(message)
    .filter(({ kind }) => kind !== 'text')
    .map(({ kind, text }) => `${kind} ${text}`);

test('the segments joined are the message', () => {
  const message = '@bayko see #aws, and #émoji_1! Mail me@home.org or ring.\n#end';
  expect(
    parseText(message)
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

test('an e-mail address is not a mention', () => {
  expect(kinds('me@home.org')).toEqual([]);
});

test('a mention does not end with a dot or dash', () => {
  expect(kinds('Thanks @a.b-c.- Bye @worf...')).toEqual(['mention @a.b-c', 'mention @worf']);
});

test('a URL does not include the punctuation after it', () => {
  const [, link] = parseText('See https://example.com/a?b=c#d.');
  expect(link).toEqual({
    kind: 'link',
    text: 'example.com/a?b=c#d',
    url: 'https://example.com/a?b=c#d',
  });
});

test('a message without links is one segment', () => {
  expect(parseText('Just # and @ and text')).toEqual([
    { kind: 'text', text: 'Just # and @ and text' },
  ]);
  expect(parseText('')).toEqual([]);
});

test('characters are counted as code points', () => {
  expect(characterCount('a💜é')).toBe(3);
});

test('popular hashtags are counted regardless of case, most used first', () => {
  expect(popularHashtags(['#one #Two', '#two', '#three'], 2)).toEqual([
    { tag: 'Two', count: 2 },
    { tag: 'one', count: 1 },
  ]);
});
