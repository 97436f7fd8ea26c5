import '@fontsource-variable/figtree/wght.css';
import './theme.css';

import { ApolloProvider } from '@apollo/client/react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { openSession } from './client.ts';
import { watchNetwork } from './connection.ts';
import { loadIdentity } from './session/identity.ts';
import { held } from './session/token.ts';
import { Shell } from './shell/Shell.tsx';
import { useStore } from './store.ts';

watchNetwork(window);
void loadIdentity();

/** Begins anew whenever somebody signs in or out: nothing of one user is left to the next. */
function App() {
  const { token, number } = useStore(held);
  return <Visit key={number} token={token} />;
}

function Visit({ token }: { token: string | null }) {
  const [session] = useState(() => openSession(token));
  useEffect(() => session.close, [session]);
  return (
    <ApolloProvider client={session.client}>
      <Shell />
    </ApolloProvider>
  );
}

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
