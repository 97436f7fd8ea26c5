import { expect, test } from 'vitest';

import { singleFlight } from './singleFlight.ts';

test('calls during a run share one more run, even after a failure', async () => {
  let runs = 0;
  const failures: ((error: Error) => void)[] = [];
  const run = singleFlight(() => {
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
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(runs).toBe(2);
});
