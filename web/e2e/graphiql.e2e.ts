import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let visit: Visit;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  visit = await Visit.open(browser, gateway.url);
  await visit.goto('/graphiql');
});
afterEach(() => visit.close());

const tab = (name: string) => visit.page.getByRole('button', { name, exact: true });
const run = () => visit.page.getByRole('button', { name: /execute query/i }).click();
/** The visible part of the answer; the editor draws spaces as no-break spaces. */
const response = async () =>
  (await visit.page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ');

/** Whether what the tab holds goes on since the last look; if not, it is run. */
const goesOn = async () => {
  if ((await visit.page.getByRole('button', { name: /stop query/i }).count()) === 1) return true;
  await run();
  return false;
};

test('a first visit finds four tabs that run as they are', async () => {
  await tab('HomeFeed').waitFor();
  for (const [name, answer] of [
    ['HomeFeed', '"home": {'],
    ['Thread', '"activity": {'],
  ] as const) {
    await tab(name).click();
    // GraphiQL learns a moment after the click which operation the tab holds.
    const answered = async () => {
      await run();
      return response();
    };
    await expect.poll(answered, { interval: 500 }).toContain(answer);
    expect(await response()).not.toContain('"errors"');
  }
  expect(await tab('Post').count()).toBe(1);

  await tab('Notifications').click();
  await expect.poll(goesOn, { interval: 500 }).toBe(true);
  await gateway.run(
    `mutation { createActivity(input: { message: "@andrewbrown look!", ttl: ONE_DAY }) {
      activity { id }
    } }`,
    {},
    'londo',
  );
  await expect.poll(response).toContain('"MENTION"');
  await visit.show(desktop, 'dark');
  await visit.expectAccessible();
  await visit.screenshot('graphiql-answer-dark');
  await visit.show(desktop, 'light');
  await visit.expectReadable();
  await visit.screenshot('graphiql-answer-light');
});

test('a later visit finds what the last one left', async () => {
  const variables = visit.page.getByLabel('Variables', { exact: true });
  await tab('HomeFeed').waitFor();
  await expect.poll(() => variables.innerText()).toContain('"first"');
  await visit.page.reload();
  await tab('HomeFeed').waitFor();
  await expect.poll(() => variables.innerText()).toContain('"first"');
  expect(await visit.page.locator('.graphiql-tab').count()).toBe(4);
});

test('the editor completes the name of a field', async () => {
  await tab('HomeFeed').waitFor();
  const editor = visit.page.locator('.graphiql-query-editor .monaco-editor').first();
  await editor.click();
  await visit.page.keyboard.press('Control+a');
  await visit.page.keyboard.type('{ home { nodes { mess');
  const suggestion = visit.page.locator('.suggest-widget .monaco-list-row', { hasText: 'message' });
  await suggestion.first().waitFor();
});

test('history and explorer open', async () => {
  await tab('HomeFeed').waitFor();
  await visit.page.getByRole('button', { name: /show graphiql explorer/i }).click();
  await visit.page.locator('.graphiql-explorer-root').waitFor();
  await visit.page.getByRole('button', { name: /show history/i }).click();
  await visit.page.locator('.graphiql-history').waitFor();
});
