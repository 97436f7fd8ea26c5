import home from './tabs/home.graphql?raw';
import notifications from './tabs/notifications.graphql?raw';
import post from './tabs/post.graphql?raw';
import thread from './tabs/thread.graphql?raw';

/** The initial content of the headers editor. */
export const headers = `{
  // To sign in, put your token here and remove the slashes.
  // "Authorization": "Bearer <token>"
}`;

interface Tab {
  query: string;
  variables: string;
  headers: string;
}

/** The tabs of a first visit, ready to run. Their variables refer to the crud with the id `crud`. */
export function tabs(crud: string): Tab[] {
  return [
    tab(home, { first: 20 }),
    tab(thread, { id: crud }),
    tab(post, {
      crud: { message: 'Hello from GraphiQL! #graphql', ttl: 'ONE_DAY' },
      reply: { activityId: crud, message: 'Well said.' },
    }),
    tab(notifications, { after: null }),
  ];
}

function tab(query: string, variables: object): Tab {
  return { query, variables: JSON.stringify(variables, null, 2), headers };
}

/**
 * Returns the tab that was open at the end of the last visit, as GraphiQL stored it. Its headers are the
 * initial ones: they contain tokens, which are not stored.
 */
export function openTab(): Tab | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '') as {
      tabs: Record<'query' | 'variables', string | null>[];
      activeTabIndex: number;
    };
    const { query, variables } = stored.tabs[stored.activeTabIndex]!;
    return { query: query ?? '', variables: variables ?? '', headers };
  } catch {
    return undefined;
  }
}

/** Returns the id of the newest crud, or an empty string if there are no cruds or the request fails. */
export async function newestCrud(endpoint: URL): Promise<string> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ home(first: 1) { nodes { id } } }' }),
    });
    const { data } = (await response.json()) as { data?: { home: { nodes: { id: string }[] } } };
    return data?.home.nodes[0]?.id ?? '';
  } catch {
    return '';
  }
}
