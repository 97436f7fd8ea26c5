import { useApolloClient } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useRoute } from 'wouter';

import { ComposerContext, type ComposeTarget } from '../composer/compose.ts';
import { ComposerDialog } from '../composer/ComposerDialog.tsx';
import { connectionState } from '../connection.ts';
import { messagesRoute, paths } from '../paths.ts';
import { Routes } from '../Routes.tsx';
import { RegisterPage } from '../session/RegisterPage.tsx';
import { sessionToken } from '../session/sessionToken.ts';
import { useStore } from '../store.ts';
import { useMediaQuery } from '../useMediaQuery.ts';
import { LiveUpdates } from '../viewer/LiveUpdates.tsx';
import { useBootstrap, ViewerContext } from '../viewer/viewer.ts';
import { Aside } from './Aside.tsx';
import { ConnectionBar } from './ConnectionBar.tsx';
import { useKeyboard } from './keyboard.ts';
import { KeyboardHelp } from './KeyboardHelp.tsx';
import { Navigation } from './Navigation.tsx';
import styles from './Shell.module.css';
import { Toaster } from './Toaster.tsx';

/** The frame around every page: navigation, dialogs, toasts, and what all pages share. */
export function Shell() {
  const bootstrap = useBootstrap();
  const viewer = bootstrap?.viewer;
  const isUnregistered = useStore(sessionToken).value !== null && viewer === null;
  const [composeTarget, setComposeTarget] = useState<ComposeTarget | null>(null);
  const [showsHelp, setShowsHelp] = useState(false);
  const [, navigate] = useLocation();
  const [isMessages, conversation] = useRoute(messagesRoute);
  // The messages page has two panes. They fill the window and leave no room beside the page.
  const layout = viewer && isMessages ? 'panes' : 'column';
  const hasRoomForAside = useMediaQuery('(width >= 72rem)');
  const main = useNavigationFocus();
  useRefetchWhenRestored();

  const compose = (target: ComposeTarget) => {
    if (viewer) setComposeTarget(target);
  };
  useKeyboard({
    n: () => compose({}),
    '/': () => navigate(paths.search()),
    '?': () => setShowsHelp(true),
  });

  return (
    <ViewerContext value={viewer}>
      <ComposerContext value={compose}>
        <a className={styles.skipLink} href="#main">
          Skip to the content
        </a>
        <div className={styles.shell} data-layout={layout}>
          <Navigation hasFloatingButton={!(isMessages && conversation.handle)} />
          <main id="main" className={styles.main} ref={main} tabIndex={-1}>
            <ConnectionBar />
            {isUnregistered ? <RegisterPage /> : <Routes />}
          </main>
          {layout === 'column' && hasRoomForAside && <Aside onHelp={() => setShowsHelp(true)} />}
        </div>
        {composeTarget && (
          <ComposerDialog {...composeTarget} onClose={() => setComposeTarget(null)} />
        )}
        {showsHelp && <KeyboardHelp onClose={() => setShowsHelp(false)} />}
        <Toaster />
        {bootstrap?.viewer && <LiveUpdates startCursors={bootstrap.startCursors} />}
      </ComposerContext>
    </ViewerContext>
  );
}

/** Scrolls a new page to its top and focuses it. After a step back, the browser restores both. */
function useNavigationFocus() {
  const main = useRef<HTMLElement>(null);
  const [location] = useLocation();
  const isHistoryStep = useRef(true);
  useEffect(() => {
    const onPopState = () => (isHistoryStep.current = true);
    addEventListener('popstate', onPopState);
    return () => removeEventListener('popstate', onPopState);
  }, []);
  useEffect(() => {
    if (!isHistoryStep.current) {
      scrollTo(0, 0);
      const active = document.activeElement;
      if (!active || active === document.body) main.current?.focus({ preventScroll: true });
    }
    isHistoryStep.current = false;
  }, [location]);
  return main;
}

/** Queries that need no refetch after an outage: their subscriptions resume and complete them. */
const liveQueries = new Set([
  'Bootstrap',
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
      connectionState.subscribe(() => {
        if (connectionState.read() !== 'restored') return;
        void client.refetchQueries({
          include: 'active',
          onQueryUpdated: (query) =>
            !liveQueries.has(query.queryName ?? '') || query.getCurrentResult().data === undefined,
        });
      }),
    [client],
  );
}
