import { expect, test } from 'vitest';

import { plainName } from './plainName.ts';

test('a plain name has no bidirectional controls and single spaces', () => {
  expect(plainName('\u202e ococ\u2066@\u3000\u3000 your\u061c photos\u3000')).toBe(
    'ococ@ your photos',
  );
});

test('other names stay as they are', () => {
  expect(plainName('علی\u200cرضا 💜')).toBe('علی\u200cرضا 💜');
});
