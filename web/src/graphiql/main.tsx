import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './graphiql.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { newestCrud, tabs } from './tabs';

const endpoint = new URL('/graphql', location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href });
const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];
const defaultTabs = tabs(await newestCrud(endpoint));

createRoot(document.getElementById('graphiql')!).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={defaultTabs}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders
  >
    <GraphiQL.Logo>
      <a href="/">Cruddur</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
