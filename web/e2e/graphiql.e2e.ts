import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  tab = await Tab.open(browser, gateway.url);
  await tab.goto('/graphiql');
});
afterEach(() => tab.close());

const editorTab = (name: string) => tab.page.getByRole('button', { name, exact: true });
const run = () => tab.page.getByRole('button', { name: /execute query/i }).click();
/** Returns the visible part of the response. The editor draws spaces as no-break spaces. */
const response = async () =>
  (await tab.page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ');

/** Returns whether the tab's subscription is running, and runs it if not. */
const isSubscribed = async () => {
  if ((await tab.page.getByRole('button', { name: /stop query/i }).count()) === 1) return true;
  await run();
  return false;
};

test('a first visit opens four tabs that run as they are', async () => {
  await editorTab('HomeFeed').waitFor();
  for (const [name, answer] of [
    ['HomeFeed', '"home": {'],
    ['Thread', '"activity": {'],
  ] as const) {
    await editorTab(name).click();
    // A moment passes until GraphiQL knows which operation the tab contains.
    const responseAfterRun = async () => {
      await run();
      return response();
    };
    await expect.poll(responseAfterRun, { interval: 500 }).toContain(answer);
    expect(await response()).not.toContain('"errors"');
  }
  expect(await editorTab('Post').count()).toBe(1);

  await editorTab('Notifications').click();
  await expect.poll(isSubscribed, { interval: 500 }).toBe(true);
  await gateway.run(
    `mutation { createActivity(input: { message: "@andrewbrown look!", ttl: ONE_DAY }) {
      activity { id }
    } }`,
    {},
    'londo',
  );
  await expect.poll(response).toContain('"MENTION"');
  await tab.emulate(desktop, 'dark');
  await tab.expectAccessible();
  await tab.screenshot('graphiql-answer-dark');
  await tab.emulate(desktop, 'light');
  await tab.expectContrast();
  await tab.screenshot('graphiql-answer-light');
});

test('a later visit restores the tabs of the last one', async () => {
  const variables = tab.page.getByLabel('Variables', { exact: true });
  await editorTab('HomeFeed').waitFor();
  await expect.poll(() => variables.innerText()).toContain('"first"');
  await tab.page.reload();
  await editorTab('HomeFeed').waitFor();
  await expect.poll(() => variables.innerText()).toContain('"first"');
  expect(await tab.page.locator('.graphiql-tab').count()).toBe(4);
});

test('the editor completes the name of a field', async () => {
  await editorTab('HomeFeed').waitFor();
  const editor = tab.page.locator('.graphiql-query-editor .monaco-editor').first();
  await editor.click();
  await tab.page.keyboard.press('Control+a');
  await tab.page.keyboard.type('{ home { nodes { mess');
  const suggestion = tab.page.locator('.suggest-widget .monaco-list-row', { hasText: 'message' });
  await suggestion.first().waitFor();
});

test('history and explorer open', async () => {
  await editorTab('HomeFeed').waitFor();
  await tab.page.getByRole('button', { name: /show graphiql explorer/i }).click();
  await tab.page.locator('.graphiql-explorer-root').waitFor();
  await tab.page.getByRole('button', { name: /show history/i }).click();
  await tab.page.locator('.graphiql-history').waitFor();
});

const TOKEN = 'eyJhbGciOiJub25lIn0.stored.token';
const stored = () => tab.page.evaluate(() => JSON.stringify(localStorage));

test('a token in the headers editor is sent, but not stored', async () => {
  const { page } = tab;
  const token = await gateway.token('worf');
  await editorTab('HomeFeed').waitFor();
  const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
  /** Replaces the text of the editor, and what the editor adds by itself: closing brackets. */
  const write = async (text: string) => {
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
    await page.keyboard.press('Control+Shift+End');
    await page.keyboard.press('Delete');
  };
  await editor.click();
  await write('query Me { viewer { user { handle } } }');
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
  await write(`{ "Authorization": "Bearer ${token}" }`);
  const answer = async () => {
    await run();
    return response();
  };
  await expect.poll(answer, { interval: 500 }).toContain('"worf"');
  // GraphiQL stores the tabs and the history with a delay.
  await expect.poll(stored).toMatch(/graphiql:tabState.*query Me /);
  await expect.poll(stored).toMatch(/graphiql:queries.*query Me /);
  expect(await stored()).not.toContain(token);

  await page.reload();
  await editorTab('Me').waitFor();
  expect(await stored()).toMatch(/graphiql:queries.*query Me /);
  expect(await stored()).not.toContain(token);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(token);
});

test.each(['/graphiql', '/'])('headers that are stored already are removed by %s', async (path) => {
  const { page } = tab;
  await editorTab('HomeFeed').waitFor();
  await page.evaluate((token) => {
    const headers = `{ "Authorization": "Bearer ${token}" }`;
    const item = { query: '{ home { nodes { id } } }', variables: '{ "headers": 1 }', headers };
    const tab = { id: '1', title: 'Kept', operationName: null, response: null, ...item };
    localStorage.setItem('graphiql:headers', headers);
    localStorage.setItem('graphiql:shouldPersistHeaders', 'true');
    localStorage.setItem('graphiql:tabState', JSON.stringify({ tabs: [tab], activeTabIndex: 0 }));
    localStorage.setItem('graphiql:queries', JSON.stringify({ queries: [item] }));
    localStorage.setItem('graphiql:favorites', JSON.stringify({ favorites: [item] }));
  }, TOKEN);
  expect(await stored()).toContain(TOKEN);
  await tab.goto(path);
  await expect.poll(stored).not.toContain(TOKEN);
  expect(await stored()).toMatch(/graphiql:queries.*home/);
  expect(await stored()).not.toContain('shouldPersistHeaders');
});
