import '@fontsource-variable/figtree/wght.css';
import './theme.css';

import { ApolloProvider } from '@apollo/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { client } from './client.ts';
import { watchNetwork } from './connection.ts';
import { Shell } from './shell/Shell.tsx';

watchNetwork(window);

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <ApolloProvider client={client}>
      <Shell />
    </ApolloProvider>
  </StrictMode>,
);
