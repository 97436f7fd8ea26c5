import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';

import { launch, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let thread: string;

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
];

/** Looks at every page in a window of a device, in both colour schemes. */
export function testPages(device: string, viewport: { width: number; height: number }): void {
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
    thread = await gateway.thread();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.stop();
  });

  describe.each(['dark', 'light'] as const)(`${device}-%s`, (colorScheme) => {
    let visit: Visit;
    beforeAll(async () => {
      visit = await Visit.open(browser, gateway.url, { viewport, colorScheme });
    });
    afterAll(() => visit.close());

    test.each(pages)('$name fits its window and is accessible', async (page) => {
      await visit.goto(page.path());
      if (page.press) await visit.page.getByRole('button', { name: page.press }).click();
      await visit.page.locator(page.ready).first().waitFor();
      await visit.screenshot(`${page.name}-${device}-${colorScheme}`);
      await visit.expectFits();
      await visit.expectAccessible();
    });
  });
}
