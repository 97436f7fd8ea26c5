import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';

import { desktop, launch, phone, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
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

describe.each(looks)('$look', ({ look, viewport, colorScheme }) => {
  test('every page is accessible and fits its window', async () => {
    const visit = await Visit.open(browser, gateway.url, { viewport, colorScheme });
    const { page } = visit;
    const show = async (name: string, path: string, ready: string) => {
      await visit.goto(path);
      await page.locator(ready).first().waitFor();
      await visit.expectFits();
      await visit.expectAccessible();
      await visit.screenshot(`${name}-${look}`);
    };

    await show('home', '/', '.crud');
    await show('following', '/following', '.crud, .empty');
    await show('notifications', '/notifications', '.notification, .empty');
    await show('profile', '/@andrewbrown', '.profile');
    await show('followers', '/@andrewbrown/followers', '.person-card, .empty');
    await show('search', '/search?q=andrew', '.person-card');
    await show('search-empty', '/search', '.empty');
    await show('nowhere', '/nowhere', '.empty');

    const { home } = await gateway.run<{
      home: { nodes: { id: string; repliesCount: number }[] };
    }>('{ home(first: 50) { nodes { id repliesCount } } }');
    const crud = home.nodes.reduce((a, b) => (b.repliesCount > a.repliesCount ? b : a));
    await show('thread', `/crud/${encodeURIComponent(crud.id)}`, '[aria-label="Replies"] .crud');

    await visit.goto('/@andrewbrown');
    await page.getByRole('button', { name: 'Edit profile' }).click();
    await visit.expectAccessible();
    await visit.screenshot(`edit-profile-${look}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.getByLabel('Your crud').fill('A first line with a #hashtag.');
    await visit.expectAccessible();
    await visit.screenshot(`composer-${look}`);
    await visit.close();
  });
});
