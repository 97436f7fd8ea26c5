import { resolve } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, phone, Visit } from './browser.ts';
import { Gateway } from './gateway.ts';
import { Provider } from './provider.ts';

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
});
afterEach(() => visit.close());

test('a demo says that it is one, and lets everybody be anybody', async () => {
  const { page } = visit;
  await visit.goto('/');
  await page.getByRole('link', { name: 'Demo: act as …' }).click();
  const people = page.getByRole('list', { name: 'People to act as' });
  await people.locator('[aria-current="true"]').getByText('@andrewbrown').waitFor();
  await visit.expectAccessible();
  await visit.screenshot('sign-in-desktop-light');
  await visit.show(phone, 'dark');
  await visit.expectFits();
  await visit.expectReadable();
  await visit.screenshot('sign-in-phone-dark');
  await visit.show(desktop, 'light');

  await people.getByRole('button', { name: 'Worf @worf' }).click();
  await page.getByText('You are Worf now.').waitFor();
  await page.getByLabel('Your crud').fill('Today is a good day to sign in.');
  await page.keyboard.press('Control+Enter');
  const posted = page.getByRole('article', { name: 'Worf: Today is a good day' });
  await posted.waitFor();
  await page.reload();
  await posted.waitFor();

  await visit.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await people.locator('[aria-current="true"]').getByText('@andrewbrown').waitFor();
});

test('a token that is taken no more signs out, and that is told', async () => {
  const { page } = visit;
  await visit.signIn('Worf');
  await page.evaluate(() => sessionStorage.setItem('cruddur:token', 'worn.out.token'));
  // Chromium says of each answer that it is no success.
  visit.tolerated.push('401');
  await page.reload();
  await page.getByText('You are signed out: your token is not valid').waitFor();
  await page.locator('.me').getByText('Andrew Brown').waitFor();
});

test('somebody whom a provider vouches for joins', async () => {
  const provider = await Provider.open();
  const provided = await Gateway.with(provider.flags);
  const newcomer = await Visit.open(browser, provided.url);
  const { page } = newcomer;
  const main = page.getByRole('main');
  try {
    await newcomer.goto('/');
    await page.getByRole('navigation').getByRole('link', { name: 'Sign in' }).click();
    await page.getByText('https://provider.test').waitFor();
    await newcomer.expectAccessible();
    await newcomer.screenshot('sign-in-token');
    await page.getByLabel('Your token').fill(provider.token('somebody-new'));
    await main.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Welcome to Cruddur' }).waitFor();
    await page.getByLabel('Handle').fill('Worf');
    await page.getByLabel('Name').fill('Alexander');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').getByText('This handle is already taken.').waitFor();
    await newcomer.expectAccessible();
    await newcomer.screenshot('register-desktop-light');
    await newcomer.show(phone, 'dark');
    await newcomer.expectFits();
    await newcomer.screenshot('register-phone-dark');
    await newcomer.show(desktop, 'light');
    await page.getByLabel('Handle').fill('alexander');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Welcome, Alexander.').waitFor();
    await page.getByLabel('Your crud').waitFor();
    await page.getByRole('link', { name: 'Sign out' }).click();
    await main.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor();
  } finally {
    await newcomer.close();
    await provided.stop();
    await provider.close();
  }
});

test('the app needs no documents but those of its manifest', async () => {
  const manifest = resolve('src/app/gen/persisted-documents.json');
  const flags = ['--trusted-documents', 'only', '--trusted-documents-file', manifest];
  const strict = await Gateway.with([...flags, '--viewer', 'andrewbrown']);
  const trusted = await Visit.open(browser, strict.url);
  const { page } = trusted;
  try {
    await trusted.goto('/');
    await page.getByLabel('Your crud').fill('Trust me.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Your crud is out.').waitFor();
    for (const path of ['/notifications', '/messages/@worf', '/@worf', '/search?q=trust']) {
      await trusted.goto(path);
      await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.notification, .message, .profile, .crud').first().waitFor();
    }
    await expect(strict.run('{ __typename }')).rejects.toThrow('PERSISTED_QUERY_NOT_IN_LIST');
  } finally {
    await trusted.close();
    await strict.stop();
  }
});
