import home from './tabs/home.graphql?raw';
import notifications from './tabs/notifications.graphql?raw';
import post from './tabs/post.graphql?raw';
import thread from './tabs/thread.graphql?raw';

/** What stands in the headers editor of a new tab. */
export const headers = `{
  // To act as yourself, put your token here and take away the slashes.
  // "Authorization": "Bearer <token>"
}`;

interface Tab {
  query: string;
  variables: string;
  headers: string;
}

/** The tabs of a first visit, ready to run: their variables name the crud with the id `crud`. */
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

/** The tab that was open when a former visit ended, as GraphiQL keeps it. */
export function openTab(): Tab | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '') as {
      tabs: Record<keyof Tab, string | null>[];
      activeTabIndex: number;
    };
    const { query, variables, headers } = kept.tabs[kept.activeTabIndex]!;
    return { query: query ?? '', variables: variables ?? '', headers: headers ?? '' };
  } catch {
    return undefined;
  }
}

/** The id of the newest crud; empty where there is none or the gateway does not answer. */
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
