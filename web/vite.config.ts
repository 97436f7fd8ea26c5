import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { budget } from './build/budget.ts';
import { compress } from './build/compress.ts';

const gateway = 'http://localhost:4567';

/** Two pages: the app, which the gateway serves at /, and GraphiQL at /graphiql. */
export default defineConfig({
  plugins: [
    react(),
    budget({ page: 'index.html', limit: 180_000, without: /graphiql|monaco/ }),
    compress(),
  ],
  // The Content-Security-Policy lets workers be modules from the gateway alone.
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    // Monaco is large whatever one does; the app's own weight is what the budget limits.
    chunkSizeWarningLimit: 5_000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      onLog(level, log, handle) {
        // GraphiQL marks modules for a compiler that we do not use.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  server: {
    proxy: { '/graphql': { target: gateway, ws: true } },
  },
});
