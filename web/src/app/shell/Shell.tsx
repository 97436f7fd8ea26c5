import './Shell.css';

import { useApolloClient } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';

import { ComposerContext, type ComposeFor } from '../composer/compose.ts';
import { ComposerDialog } from '../composer/ComposerDialog.tsx';
import { connection } from '../connection.ts';
import { paths } from '../paths.ts';
import { Routes } from '../Routes.tsx';
import { RegisterPage } from '../session/RegisterPage.tsx';
import { held } from '../session/token.ts';
import { useStore } from '../store.ts';
import { Arrivals } from '../viewer/Arrivals.tsx';
import { useVisit, ViewerContext } from '../viewer/viewer.ts';
import { Aside } from './Aside.tsx';
import { ConnectionBar } from './ConnectionBar.tsx';
import { useKeyboard } from './keyboard.ts';
import { KeyboardHelp } from './KeyboardHelp.tsx';
import { Navigation } from './Navigation.tsx';
import { NoticeCorner } from './NoticeCorner.tsx';

/** All that stays while the pages change, and what the whole app shares. */
export function Shell() {
  const visit = useVisit();
  const viewer = visit?.viewer;
  const isNewcomer = useStore(held).token !== null && viewer === null;
  const [composing, setComposing] = useState<ComposeFor | null>(null);
  const [helping, setHelping] = useState(false);
  const [, navigate] = useLocation();
  const main = useFreshPage();
  useRefetchWhenRestored();

  const compose = (what: ComposeFor) => {
    if (viewer) setComposing(what);
  };
  useKeyboard({
    n: () => compose({}),
    '/': () => navigate(paths.search()),
    '?': () => setHelping(true),
  });

  return (
    <ViewerContext value={viewer}>
      <ComposerContext value={compose}>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <div className="shell">
          <Navigation />
          <main id="main" ref={main} tabIndex={-1}>
            <ConnectionBar />
            {isNewcomer ? <RegisterPage /> : <Routes />}
          </main>
          <Aside onHelp={() => setHelping(true)} />
        </div>
        {composing && <ComposerDialog {...composing} onClose={() => setComposing(null)} />}
        {helping && <KeyboardHelp onClose={() => setHelping(false)} />}
        <NoticeCorner />
        {visit?.viewer && <Arrivals start={visit.start} />}
      </ComposerContext>
    </ViewerContext>
  );
}

/** After a step forward the new page starts at its top; after a step back the browser remembers. */
function useFreshPage() {
  const main = useRef<HTMLElement>(null);
  const [location] = useLocation();
  const steppedBack = useRef(true);
  useEffect(() => {
    const remember = () => (steppedBack.current = true);
    addEventListener('popstate', remember);
    return () => removeEventListener('popstate', remember);
  }, []);
  useEffect(() => {
    if (!steppedBack.current) {
      scrollTo(0, 0);
      const active = document.activeElement;
      if (!active || active === document.body) main.current?.focus({ preventScroll: true });
    }
    steppedBack.current = false;
  }, [location]);
  return main;
}

/** What is complete once its arrivals have come, which go on by themselves. */
const live = new Set([
  'BeginVisit',
  'HomeFeed',
  'FollowingFeed',
  'Notifications',
  'Conversations',
  'Conversation',
]);

function useRefetchWhenRestored() {
  const client = useApolloClient();
  useEffect(
    () =>
      connection.subscribe(() => {
        if (connection.read() !== 'restored') return;
        void client.refetchQueries({
          include: 'active',
          onQueryUpdated: (query) =>
            !live.has(query.queryName ?? '') || query.getCurrentResult().data === undefined,
        });
      }),
    [client],
  );
}
