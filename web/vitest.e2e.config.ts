import { defineConfig } from 'vitest/config';

/** The tests that drive a real browser against the real gateway; `npm run build` comes first. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
    // Everything shares the processors with browsers and gateways.
    maxWorkers: 2,
  },
});
