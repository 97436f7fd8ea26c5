import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';

import { desktop, launch, phone, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let tab: Tab;
let thread: string;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  thread = await gateway.thread();
  tab = await Tab.open(browser, gateway.url, { colorScheme: 'dark' });
});
afterAll(async () => {
  await tab.close();
  await browser.close();
  await gateway.stop();
});

const pages = [
  { name: 'home', path: () => '/', ready: 'main article' },
  { name: 'following', path: () => '/following', ready: 'main article, main h2' },
  { name: 'notifications', path: () => '/notifications', ready: 'main article, main h2' },
  { name: 'messages', path: () => '/messages', ready: 'main article' },
  { name: 'conversation', path: () => '/messages/@worf', ready: '[role="log"] li' },
  {
    name: 'conversation-new',
    path: () => '/messages/@coco',
    ready: 'form[aria-label="New message"]',
  },
  { name: 'thread', path: () => thread, ready: '[aria-label="Replies"] article' },
  { name: 'profile', path: () => '/@andrewbrown', ready: '[aria-label="Profile"]' },
  { name: 'other-profile', path: () => '/@bayko', ready: '[aria-label="Profile"]' },
  { name: 'followers', path: () => '/@andrewbrown/followers', ready: 'main article, main h2' },
  { name: 'search', path: () => '/search?q=andrew', ready: 'main article' },
  { name: 'search-empty', path: () => '/search', ready: 'main h2' },
  { name: 'not-found', path: () => '/not-found', ready: 'main h2' },
  {
    name: 'edit-profile',
    path: () => '/@andrewbrown',
    press: 'Edit profile',
    ready: 'dialog[open]',
  },
  { name: 'composer', path: () => '/@andrewbrown', press: 'New crud', ready: 'dialog[open]' },
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
  await tab.emulate(desktop, 'dark');
  await tab.goto(path());
  if (page.press) await tab.page.getByRole('button', { name: page.press }).click();
  await tab.page.locator(page.ready).first().waitFor();
  await tab.screenshot(`${name}-desktop-dark`);
  await tab.expectNoHorizontalScroll();
  await tab.expectAccessible();
  // The colour scheme changes nothing but colours.
  await tab.emulate(desktop, 'light');
  await tab.screenshot(`${name}-desktop-light`);
  await tab.expectContrast();

  await tab.emulate(phone, 'light');
  await tab.screenshot(`${name}-phone-light`);
  await tab.expectNoHorizontalScroll();
  await tab.expectAccessible();
  await tab.emulate(phone, 'dark');
  await tab.screenshot(`${name}-phone-dark`);
  await tab.expectContrast();
});
