import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';

import { desktop, launch, phone, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let visit: Visit;
let thread: string;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  thread = await gateway.thread();
  visit = await Visit.open(browser, gateway.url, { colorScheme: 'dark' });
});
afterAll(async () => {
  await visit.close();
  await browser.close();
  await gateway.stop();
});

const pages = [
  { name: 'home', path: () => '/', ready: '.crud' },
  { name: 'following', path: () => '/following', ready: '.crud, .empty' },
  { name: 'notifications', path: () => '/notifications', ready: '.notification, .empty' },
  { name: 'messages', path: () => '/messages', ready: '.conversation-card' },
  { name: 'conversation', path: () => '/messages/@worf', ready: '.message' },
  { name: 'conversation-new', path: () => '/messages/@coco', ready: '.message-composer' },
  { name: 'thread', path: () => thread, ready: '[aria-label="Replies"] .crud' },
  { name: 'profile', path: () => '/@andrewbrown', ready: '.profile' },
  { name: 'somebody', path: () => '/@bayko', ready: '.profile' },
  { name: 'followers', path: () => '/@andrewbrown/followers', ready: '.person-card, .empty' },
  { name: 'search', path: () => '/search?q=andrew', ready: '.person-card' },
  { name: 'search-empty', path: () => '/search', ready: '.empty' },
  { name: 'nowhere', path: () => '/nowhere', ready: '.empty' },
  { name: 'edit-profile', path: () => '/@andrewbrown', press: 'Edit profile', ready: '.dialog' },
  { name: 'composer', path: () => '/@andrewbrown', press: 'New crud', ready: '.dialog' },
  { name: 'graphiql', path: () => '/graphiql', ready: '.graphiql-query-editor .view-line .mtk1' },
  {
    name: 'graphiql-explorer',
    path: () => '/graphiql',
    press: /show graphiql explorer/i,
    ready: '.graphiql-explorer-root',
  },
  {
    name: 'graphiql-docs',
    path: () => '/graphiql',
    press: /show documentation/i,
    ready: '.graphiql-doc-explorer-type-name',
  },
  {
    name: 'graphiql-history',
    path: () => '/graphiql',
    press: /show history/i,
    ready: '.graphiql-history',
  },
];

test.each(pages)('$name fits its window and is accessible', async ({ name, path, ...page }) => {
  await visit.show(desktop, 'dark');
  await visit.goto(path());
  if (page.press) await visit.page.getByRole('button', { name: page.press }).click();
  await visit.page.locator(page.ready).first().waitFor();
  await visit.screenshot(`${name}-desktop-dark`);
  await visit.expectFits();
  await visit.expectAccessible();
  // Another scheme has other colours, and nothing else.
  await visit.show(desktop, 'light');
  await visit.screenshot(`${name}-desktop-light`);
  await visit.expectReadable();

  await visit.show(phone, 'light');
  await visit.screenshot(`${name}-phone-light`);
  await visit.expectFits();
  await visit.expectAccessible();
  await visit.show(phone, 'dark');
  await visit.screenshot(`${name}-phone-dark`);
  await visit.expectReadable();
});
