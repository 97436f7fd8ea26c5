import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './graphiql.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { removeStoredHeaders, storageWithoutHeaders } from '../storage';
import { fixAccessibility } from './accessibility';
import { EditorTheme, editorTheme } from './EditorTheme';
import { headers, newestCrud, openTab, tabs } from './tabs';

removeStoredHeaders();

const endpoint = new URL('/graphql', location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href });
const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];
const defaultTabs = tabs(await newestCrud(endpoint));

// GraphiQL does not fill the editors from the tab that it opens, only from these props.
const open = openTab() ?? defaultTabs[0]!;

const root = document.getElementById('graphiql')!;
fixAccessibility(root);
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={defaultTabs}
    defaultHeaders={headers}
    initialQuery={open.query}
    initialVariables={open.variables}
    initialHeaders={open.headers}
    defaultEditorToolsVisibility="variables"
    editorTheme={editorTheme}
    storage={storageWithoutHeaders}
    shouldPersistHeaders={false}
  >
    <EditorTheme />
    <GraphiQL.Logo>
      <a href="/">Cruddur</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
