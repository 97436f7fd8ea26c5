import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';

import { desktop, launch, phone, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let thread: string;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  thread = await gateway.thread();
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

const looks = [
  { look: 'desktop-dark', viewport: desktop, colorScheme: 'dark' },
  { look: 'desktop-light', viewport: desktop, colorScheme: 'light' },
  { look: 'phone-dark', viewport: phone, colorScheme: 'dark' },
  { look: 'phone-light', viewport: phone, colorScheme: 'light' },
] as const;

const pages = [
  { name: 'home', path: () => '/', ready: '.crud' },
  { name: 'following', path: () => '/following', ready: '.crud, .empty' },
  { name: 'notifications', path: () => '/notifications', ready: '.notification, .empty' },
  { name: 'thread', path: () => thread, ready: '[aria-label="Replies"] .crud' },
  { name: 'profile', path: () => '/@andrewbrown', ready: '.profile' },
  { name: 'somebody', path: () => '/@bayko', ready: '.profile' },
  { name: 'followers', path: () => '/@andrewbrown/followers', ready: '.person-card, .empty' },
  { name: 'search', path: () => '/search?q=andrew', ready: '.person-card' },
  { name: 'search-empty', path: () => '/search', ready: '.empty' },
  { name: 'nowhere', path: () => '/nowhere', ready: '.empty' },
  { name: 'edit-profile', path: () => '/@andrewbrown', press: 'Edit profile', ready: '.dialog' },
  { name: 'composer', path: () => '/@andrewbrown', press: 'New crud', ready: '.dialog' },
];

describe.each(looks)('$look', ({ look, viewport, colorScheme }) => {
  let visit: Visit;
  beforeAll(async () => {
    visit = await Visit.open(browser, gateway.url, { viewport, colorScheme });
  });
  afterAll(() => visit.close());

  test.each(pages)('$name fits its window and is accessible', async (page) => {
    await visit.goto(page.path());
    if (page.press) await visit.page.getByRole('button', { name: page.press }).click();
    await visit.page.locator(page.ready).first().waitFor();
    await visit.screenshot(`${page.name}-${look}`);
    await visit.expectFits();
    await visit.expectAccessible();
  });
});
