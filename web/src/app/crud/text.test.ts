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

const link = (message: string) =>
  parseText(message).flatMap((segment) =>
    segment.kind === 'link' ? [[segment.text, segment.url]] : [],
  );

test('a link shows the host that the browser opens', () => {
  expect(link('https://bank.example@evil.test/a')).toEqual([
    ['evil.test/a', 'https://bank.example@evil.test/a'],
  ]);
  expect(link('http://user:secret@EVIL.test:8080')).toEqual([
    ['evil.test:8080', 'http://user:secret@evil.test:8080/'],
  ]);
  expect(link('https://\u0430pple.com/x')).toEqual([
    ['xn--pple-43d.com/x', 'https://xn--pple-43d.com/x'],
  ]);
  expect(link('https://bank.example\\@evil.test')).toEqual([
    ['bank.example/@evil.test', 'https://bank.example/@evil.test'],
  ]);
  expect(link('https://bank.example\u2044a.evil.test')[0]?.[0]).not.toContain('\u2044');
});

test('a link shows no character that could turn or hide others', () => {
  const [text, url] = link('https://evil.test/\u202egpj.exe\u200b')[0]!;
  expect(text).toBe('evil.test/%E2%80%AEgpj.exe%E2%80%8B');
  expect(url).toBe('https://evil.test/%E2%80%AEgpj.exe%E2%80%8B');
  expect(link('https://de.wikipedia.org/wiki/Käse?q=%20%C3%A4#übrig')[0]?.[0]).toBe(
    'de.wikipedia.org/wiki/Käse?q=%20ä#übrig',
  );
});

test('what is not a URL stays text', () => {
  expect(parseText('http://[oops and http://a:99999/')).toMatchObject([
    { kind: 'text', text: 'http://[oops' },
    { kind: 'text', text: ' and ' },
    { kind: 'text', text: 'http://a:99999/' },
  ]);
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
