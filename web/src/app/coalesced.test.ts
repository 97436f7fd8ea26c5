import { expect, test } from 'vitest';

import { coalesced } from './coalesced.ts';

test('what is asked for while it runs is done once more, after failures too', async () => {
  let runs = 0;
  const failures: ((error: Error) => void)[] = [];
  const run = coalesced(() => {
    runs += 1;
    return new Promise((_, fail) => failures.push(fail));
  });
  run();
  run();
  run();
  expect(runs).toBe(1);
  failures[0]!(new Error('lost'));
  await expect.poll(() => runs).toBe(2);
  failures[1]!(new Error('lost'));
  await new Promise((wake) => setTimeout(wake, 10));
  expect(runs).toBe(2);
});
