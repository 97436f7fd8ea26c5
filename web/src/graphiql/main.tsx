import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './graphiql.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { EditorTheme, editorTheme } from './EditorTheme';
import { mendMarkup } from './markup';
import { headers, newestCrud, tabs } from './tabs';

const endpoint = new URL('/graphql', location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href });
const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];
const defaultTabs = tabs(await newestCrud(endpoint));

// GraphiQL fills the editor beside the first tab from here, but not from the tab. On a later visit
// it keeps what was there.
const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
const initialVariables = isFirstVisit ? { initialVariables: defaultTabs[0]!.variables } : {};

const root = document.getElementById('graphiql')!;
mendMarkup(root);
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={defaultTabs}
    defaultHeaders={headers}
    {...initialVariables}
    defaultEditorToolsVisibility="variables"
    editorTheme={editorTheme}
    shouldPersistHeaders
  >
    <EditorTheme />
    <GraphiQL.Logo>
      <a href="/">Cruddur</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
