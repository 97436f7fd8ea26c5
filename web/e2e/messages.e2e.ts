import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { launch, newContext, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let context: BrowserContext;
let tab: Tab;
let page: Tab['page'];

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  context = await newContext(browser);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  tab = await Tab.open(context, gateway.url);
  page = tab.page;
});
afterEach(() => tab.close());

const sendButton = () => page.getByRole('main').getByRole('button', { name: 'Send' });
const send = (from: string, message: string, to = 'andrewbrown') =>
  gateway.run(
    `mutation Send($input: SendMessageInput!) {
      sendMessage(input: $input) { userErrors { message } }
    }`,
    { input: { toHandle: to, message } },
    from,
  );

test('messages are read, rejected, sent, and seen by both users', async () => {
  await tab.goto('/');
  const other = await Tab.open(browser, gateway.url);
  try {
    await other.signIn('Worf');
    await page.getByRole('link', { name: /unread message/ }).click();
    const worf = tab.card('@worf');
    await worf.getByText(/unread message/).waitFor();
    await tab.withResponse('MarkMessagesRead', worf.getByRole('link').click());
    await page.waitForURL('**/messages/@worf');
    const log = page.getByRole('log', { name: /^Messages with/ });
    await log.getByText('It has honor.').waitFor();
    await expect.poll(() => worf.getByText(/unread message/).count()).toBe(0);

    const field = page.getByLabel('Your message to @worf');
    await field.fill('x'.repeat(1_025));
    await page.getByText('-1 characters left').waitFor();
    await sendButton().click();
    await page.getByRole('alert').getByText('The message is too long.').waitFor();
    expect((await field.inputValue()).length).toBe(1_025);
    await field.fill('Today is a good day to type.');
    await field.press('Control+Enter');
    await log.getByText('Today is a good day to type.').waitFor();
    expect(await field.inputValue()).toBe('');
    await worf.getByText('You: Today is a good day to type.').waitFor();

    await other.page.getByRole('link', { name: /3 unread messages/ }).click();
    await other.page.getByRole('article', { name: 'Andrew Brown' }).getByRole('link').click();
    const seen = other.page.getByRole('log').getByText('Today is a good day to type.');
    await seen.waitFor();
    await other.page.getByLabel('Your message to').fill('Qapla!');
    await other.page.keyboard.press('Control+Enter');
    await log.getByText('Qapla!').waitFor();
    expect(await log.getByRole('listitem').count()).toBe(5);
  } finally {
    await other.close();
  }
});

test('a conversation can be started on a profile', async () => {
  await tab.goto('/@coco');
  await page.getByRole('main').getByRole('link', { name: 'Message', exact: true }).click();
  await page.getByText('No messages yet').waitFor();
  await page.getByLabel('Your message to @coco').fill('Hello, Coco.');
  await tab.withResponse('SendMessage', sendButton().click());
  await page.getByRole('log').getByText('Hello, Coco.').waitFor();
  await tab.card('@coco').getByText('You: Hello, Coco.').waitFor();
  await page.reload();
  await page.getByRole('log').getByText('Hello, Coco.').waitFor();
});

test('a message that fails comes back into the field', async () => {
  await tab.goto('/messages/@bayko');
  const log = page.getByRole('log');
  await log.getByText('Yes, I have!').waitFor();
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('SendMessage')) return route.continue();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return route.fulfill({ json: { data: null, errors: [{ message: 'Not today.' }] } });
  });
  const field = page.getByLabel('Your message to @bayko');
  await field.fill('Lost and found');
  await field.press('Control+Enter');
  await log.getByText('Lost and found').waitFor();
  await page.getByText('Not today.').waitFor();
  expect(await log.getByText('Lost and found').count()).toBe(0);
  expect(await field.inputValue()).toBe('Lost and found');
});

test('a notification opens its conversation, which loads older messages on scrolling up', async () => {
  for (let at = 1; at <= 45; at += 1) {
    await send('coco', `Long talk, message ${at}`);
  }
  await tab.goto('/notifications');
  const notification = tab.card('sent you a message').first();
  await notification.getByRole('link', { name: /sent you a message/ }).click();
  await page.waitForURL('**/messages/@coco');
  const log = page.getByRole('log');
  await log.getByText('Long talk, message 45').waitFor();
  const first = log.getByText('Long talk, message 1', { exact: true });
  expect(await first.count()).toBe(0);
  await log.hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, -2_000);
      return first.count();
    })
    .toBe(1);
});

test('the messages badge counts all conversations and follows new and read messages', async () => {
  const operations: string[] = [];
  page.on('request', (request) => {
    const [, name] = /(?:query|mutation) (\w+)/.exec(request.postData() ?? '') ?? [];
    if (name) operations.push(name);
  });
  const badge = (count: number) => page.getByRole('link', { name: `${count} unread message` });
  const { viewer } = await gateway.run<{
    viewer: { unreadMessagesCount: number; messageGroup: { unreadCount: number } | null };
  }>('{ viewer { unreadMessagesCount messageGroup(withHandle: "londo") { unreadCount } } }');
  const before = viewer.unreadMessagesCount;
  const others = before - (viewer.messageGroup?.unreadCount ?? 0);

  await tab.goto('/notifications');
  await page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor();
  await send('londo', 'Hello');
  await badge(before + 1).waitFor();
  await send('coco', 'Hello');
  await badge(before + 2).waitFor();
  // The viewer's own messages do not count.
  await send('andrewbrown', 'Hello', 'coco');
  await send('londo', 'Hello');
  await badge(before + 3).waitFor();
  expect(operations).not.toContain('Conversations');

  await badge(before + 3).click();
  await tab.withResponse('MarkMessagesRead', tab.card('@londo').getByRole('link').click());
  await badge(others + 1).waitFor();
  await page.reload();
  await badge(others + 1).waitFor();
});
