import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { budget } from './build/budget.ts';
import { compress } from './build/compress.ts';

const gateway = 'http://localhost:4567';

/** Builds two pages: the app, which the gateway serves at /, and GraphiQL at /graphiql. */
export default defineConfig({
  plugins: [
    react(),
    budget({ page: 'index.html', limit: 180_000, without: /graphiql|monaco/ }),
    compress(),
  ],
  // The Content-Security-Policy allows workers only as modules from the gateway.
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    // Monaco is always large. The budget plugin limits the app's own size.
    chunkSizeWarningLimit: 5_000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      onLog(level, log, handle) {
        // GraphiQL has directives for a compiler that we do not use.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  server: {
    proxy: { '/graphql': { target: gateway, ws: true } },
  },
});
