import '@fontsource-variable/figtree/wght.css';
import './theme.css';

import { ApolloProvider } from '@apollo/client/react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { removeStoredHeaders } from '../storage.ts';
import { openSession } from './client.ts';
import { watchNetwork } from './connection.ts';
import { loadIdentity } from './session/identity.ts';
import { sessionToken } from './session/sessionToken.ts';
import { Shell } from './shell/Shell.tsx';
import { useStore } from './store.ts';

removeStoredHeaders();
watchNetwork(window);
void loadIdentity();

/** Mounts a new session at each sign-in and sign-out, so that no user sees another user's data. */
function App() {
  const { value, generation } = useStore(sessionToken);
  return <SessionProvider key={generation} token={value} />;
}

function SessionProvider({ token }: { token: string | null }) {
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
