import { defineConfig } from 'vitest/config';

/** Tests in a real browser against the real gateway. Run `npm run build` and build the gateway first. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
    // Each worker also runs a browser and gateways.
    maxWorkers: 2,
  },
});
