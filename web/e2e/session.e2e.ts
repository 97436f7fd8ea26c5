import { resolve } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, phone, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';
import { Provider } from './provider.ts';

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
});
afterEach(() => tab.close());

test('a demo says that it is one and lets anyone act as anyone', async () => {
  const { page } = tab;
  await tab.goto('/');
  await page.getByRole('link', { name: 'Demo: act as …' }).click();
  const people = page.getByRole('list', { name: 'People to act as' });
  await people.locator('[aria-current="true"]').getByText('@andrewbrown').waitFor();
  await tab.expectAccessible();
  await tab.screenshot('sign-in-desktop-light');
  await tab.emulate(phone, 'dark');
  await tab.expectNoHorizontalScroll();
  await tab.expectContrast();
  await tab.screenshot('sign-in-phone-dark');
  await tab.emulate(desktop, 'light');

  await people.getByRole('button', { name: 'Worf @worf' }).click();
  await page.getByText('You are now Worf.').waitFor();
  await page.getByLabel('Your crud').fill('Today is a good day to sign in.');
  await page.keyboard.press('Control+Enter');
  const posted = page.getByRole('article', { name: 'Worf: Today is a good day' });
  await posted.waitFor();
  await page.reload();
  await posted.waitFor();

  await tab.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await people.locator('[aria-current="true"]').getByText('@andrewbrown').waitFor();
});

test('a token that is no longer valid signs the user out with a message', async () => {
  const { page } = tab;
  await tab.signIn('Worf');
  await page.evaluate(() => sessionStorage.setItem('cruddur:token', 'not.a.token'));
  // Chromium logs every error response.
  tab.expectedErrors.push('401');
  await page.reload();
  await page.getByText('Your session has expired. Please sign in again.').waitFor();
  await page.getByRole('banner').getByRole('link', { name: 'Andrew Brown' }).waitFor();
});

test('a person with a valid token registers', async () => {
  const provider = await Provider.open();
  const gatewayWithProvider = await Gateway.with(provider.flags);
  const newcomer = await Tab.open(browser, gatewayWithProvider.url);
  const { page } = newcomer;
  const main = page.getByRole('main');
  try {
    await newcomer.goto('/');
    await page.getByRole('navigation').getByRole('link', { name: 'Sign in' }).click();
    await page.getByText('https://provider.test').waitFor();
    await newcomer.expectAccessible();
    await newcomer.screenshot('sign-in-token');
    await page.getByLabel('Your token').fill(provider.token('new-subject'));
    await main.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Welcome to Cruddur' }).waitFor();
    await page.getByLabel('Handle').fill('Worf');
    await page.getByLabel('Name').fill('Alexander');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').getByText('This handle is taken').waitFor();
    await newcomer.expectAccessible();
    await newcomer.screenshot('register-desktop-light');
    await newcomer.emulate(phone, 'dark');
    await newcomer.expectNoHorizontalScroll();
    await newcomer.screenshot('register-phone-dark');
    await newcomer.emulate(desktop, 'light');
    await page.getByLabel('Handle').fill('alexander');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Welcome, Alexander.').waitFor();
    await page.getByLabel('Your crud').waitFor();
    await page.getByRole('link', { name: 'Sign out' }).click();
    await main.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor();
  } finally {
    await newcomer.close();
    await gatewayWithProvider.stop();
    await provider.close();
  }
});

test('the app sends only documents from its manifest', async () => {
  const manifest = resolve('src/app/gen/persisted-documents.json');
  const flags = ['--trusted-documents', 'only', '--trusted-documents-file', manifest];
  const strict = await Gateway.with([...flags, '--viewer', 'andrewbrown']);
  const trusted = await Tab.open(browser, strict.url);
  const { page } = trusted;
  try {
    await trusted.goto('/');
    await page.getByLabel('Your crud').fill('Trust me.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Your crud is posted.').waitFor();
    for (const path of ['/notifications', '/messages/@worf', '/@worf', '/search?q=trust']) {
      await trusted.goto(path);
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
      await page.locator('main :is(article, [aria-label="Profile"])').first().waitFor();
    }
    await expect(strict.run('{ __typename }')).rejects.toThrow('PERSISTED_QUERY_NOT_IN_LIST');
  } finally {
    await trusted.close();
    await strict.stop();
  }
});
