import type { Browser, BrowserContext, Locator, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, newContext, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

let gateway: Gateway;
let browser: Browser;
let context: BrowserContext;
let tab: Tab;
let page: Page;

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

const crud = (text: string) => tab.card(text);
const button = (scope: Page | Locator, name: string | RegExp) =>
  scope.getByRole('button', { name });
const post = (message: string, handle?: string, to = gateway) =>
  to.run<{ createActivity: { activity: { id: string } } }>(
    `mutation Post($input: CreateActivityInput!) {
      createActivity(input: $input) { activity { id } }
    }`,
    { input: { message, ttl: 'ONE_DAY' } },
    handle,
  );

test('the home feed loads more cruds on scrolling', async () => {
  for (let at = 1; at <= 30; at += 1) await post(`Long feed, crud ${at}`);
  await tab.goto('/');
  await crud('Long feed, crud 30').waitFor();
  const first = page.getByText('Long feed, crud 1', { exact: true });
  expect(await first.count()).toBe(0);
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 2_000);
      return first.count();
    })
    .toBe(1);
});

test('a message that is too long shows an error, a shorter one is posted', async () => {
  await tab.goto('/');
  const field = page.getByLabel('Your crud');
  await field.fill('x'.repeat(281));
  await page.getByText('-1 characters left').waitFor();
  await button(page.getByRole('main'), 'Crud').click();
  await page.getByRole('alert').getByText('The message is too long.').waitFor();
  expect((await field.inputValue()).length).toBe(281);
  await tab.screenshot('rejected');

  await field.fill('Hello from a real browser. #e2e');
  await page.getByLabel('Expires after').selectOption('1 hour');
  await field.press('Control+Enter');
  const posted = crud('Hello from a real browser.').first();
  await posted.getByText(/59 minutes|1 hour/).waitFor();
  expect(await field.inputValue()).toBe('');
  await tab.goto('/');
  await crud('Hello from a real browser.').waitFor();
  expect(await crud('Hello from a real browser.').count()).toBe(1);
});

test('a reply appears at the end of the thread and is counted', async () => {
  await post('Who replies to this?');
  await tab.goto('/');
  await crud('Who replies to this?').getByText('Who replies to this?').click();
  await page.getByLabel('Your reply to').fill('I do.');
  await button(page.getByRole('main'), /^Reply$/).click();
  const replies = page.getByRole('list', { name: 'Replies' });
  await replies.getByText('I do.').waitFor();
  await button(crud('Who replies to this?').first(), 'Reply, 1').waitFor();
  await button(page, 'Back').click();
  await button(crud('Who replies to this?'), 'Reply, 1').waitFor();
});

test('a reply that is posted while the thread loads appears in it', async () => {
  await post('Who replies early?');
  await tab.goto('/');
  const asksFor = (operation: string) => (request: Request) =>
    !!request.postData()?.includes(`"${operation}"`);
  const replied = page.waitForEvent('requestfinished', asksFor('PostReply'));
  let isFirst = true;
  await page.route('**/graphql', async (route) => {
    if (!isFirst || !asksFor('Thread')(route.request())) return route.continue();
    isFirst = false;
    const response = await route.fetch();
    await replied;
    return route.fulfill({ response });
  });
  await crud('Who replies early?').getByText('Who replies early?').click();
  await page.getByLabel('Your reply to').fill('I do, early.');
  await button(page.getByRole('main'), /^Reply$/).click();
  await replied;
  await page.getByRole('list', { name: 'Replies' }).getByText('I do, early.').waitFor();
  expect(isFirst).toBe(false);
});

test('the replies of others appear in an open thread', async () => {
  await post('Who talks to me?');
  await tab.goto('/');
  await crud('Who talks to me?').getByText('Who talks to me?').click();
  await page.getByText('No replies yet').waitFor();
  const id = decodeURIComponent(page.url().split('/').at(-1)!);
  // The page does not show when its subscription has started. Like the crud until the page shows it.
  const like = `mutation ($input: LikeActivityInput!, $back: UnlikeActivityInput!) {
    unlikeActivity(input: $back) { activity { id } }
    likeActivity(input: $input) { activity { id } }
  }`;
  const liked = button(crud('Who talks to me?').first(), 'Like, 1');
  await expect
    .poll(
      async () => {
        await gateway.run(like, { input: { activityId: id }, back: { activityId: id } }, 'worf');
        return liked.isVisible();
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const replies = page.getByRole('list', { name: 'Replies' });
  for (const [handle, message] of [
    ['worf', 'I do.'],
    ['bayko', 'And I.'],
  ] as const) {
    const { createReply } = await gateway.run<{ createReply: object }>(
      'mutation ($input: CreateReplyInput!) { createReply(input: $input) { userErrors { code } } }',
      { input: { activityId: id, message } },
      handle,
    );
    expect(createReply).toEqual({ userErrors: [] });
    await replies.getByText(message).waitFor();
  }
  expect(await replies.getByRole('listitem').allInnerTexts()).toHaveLength(2);
});

test('a like is shown at once, stored, and undone', async () => {
  await post('Do you like this?');
  await tab.goto('/');
  const liked = crud('Do you like this?');
  await tab.withResponse('LikeCrud', button(liked, 'Like, 0').click());
  await button(liked, 'Like, 1').waitFor();
  await page.reload();
  expect(await button(liked, 'Like, 1').getAttribute('aria-pressed')).toBe('true');
  await button(liked, 'Like, 1').click();
  await button(liked, 'Like, 0').waitFor();
});

test('a like that fails is rolled back with a message', async () => {
  await post('A like fails here');
  await tab.goto('/');
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('LikeCrud')) return route.continue();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return route.fulfill({ json: { data: null, errors: [{ message: 'Not today.' }] } });
  });
  const liked = crud('A like fails here');
  await button(liked, 'Like, 0').click();
  await button(liked, 'Like, 1').waitFor();
  await page.getByText('Not today.').waitFor();
  await button(liked, 'Like, 0').waitFor();
});

test('a crud is reposted and deleted', async () => {
  await post('Here today');
  await tab.goto('/');
  await button(crud('Here today'), 'Repost, 0').click();
  await button(crud('Here today'), 'Repost, 1').waitFor();
  await button(crud('Here today'), 'Delete').click();
  await tab.withResponse('DeleteCrud', button(page.getByRole('dialog'), 'Delete').click());
  await expect.poll(() => crud('Here today').count()).toBe(0);
  await page.reload();
  await crud('').first().waitFor();
  expect(await crud('Here today').count()).toBe(0);
});

test('following a user adds their cruds to the following feed', async () => {
  await tab.goto('/@londo');
  await page.getByText('0 followers').waitFor();
  await tab.withResponse('FollowPerson', button(page, 'Follow Londo Mollari').click());
  await page.getByText('1 follower', { exact: true }).waitFor();
  await tab.goto('/following');
  await crud('Londo Mollari').first().waitFor();
  await tab.goto('/@londo/followers');
  await crud('Andrew Brown').waitFor();
  await tab.goto('/@londo');
  await button(page, 'Following Londo Mollari').click();
  await page.getByText('0 followers').waitFor();
});

test('a hashtag searches for itself, and typing searches again', async () => {
  await post('Look for the #needle in here');
  await tab.goto('/');
  await crud('Look for the').getByRole('link', { name: '#needle' }).click();
  await page.waitForURL('**/search?q=%23needle');
  await crud('Look for the #needle').waitFor();
  await page.getByLabel('Search for').fill('bayko');
  await page.waitForURL('**/search?q=bayko');
  await crud('Andrew Bayko').first().waitFor();
  await page.getByLabel('Search for').fill('nothing has these words');
  await page.getByText('No results').waitFor();
});

test('notifications are counted and marked as read', async () => {
  await tab.goto('/');
  await page.getByRole('link', { name: /unread notification/ }).click();
  await page.locator('main article[data-unread="true"]').first().waitFor();
  await tab.withResponse('MarkNotificationsRead', button(page, 'Mark all as read').click());
  await expect.poll(() => page.locator('[data-unread="true"]').count()).toBe(0);
  await page.reload();
  await page.locator('main article').first().waitFor();
  expect(await page.locator('[data-unread="true"]').count()).toBe(0);
  expect(await page.getByText('unread notification').count()).toBe(0);
});

test('new cruds and notifications arrive while the page is open', async () => {
  await tab.goto('/');
  await crud('').first().waitFor();
  await post('@andrewbrown are you there?', 'londo');
  await button(page, '1 new crud').waitFor();
  await post('@andrewbrown hello?', 'londo');
  await button(page, '2 new cruds').waitFor();
  await tab.screenshot('new-items');
  await button(page, '2 new cruds').click();
  await crud('hello?').waitFor();
  expect(await crud('are you there?').count()).toBe(1);
  await page.getByRole('link', { name: /2 unread notifications/ }).click();
  await crud('Londo Mollari mentioned you').first().waitFor();
  await post('@andrewbrown?!', 'londo');
  await button(page, '1 new notification').click();
  await crud('Londo Mollari mentioned you').nth(2).waitFor();
});

test('the counts of a crud change while its page is open', async () => {
  const { createActivity } = await post('Watch me');
  const { id } = createActivity.activity;
  await tab.goto(`/crud/${id}`);
  await button(crud('Watch me'), 'Like, 0').waitFor();
  await gateway.run(
    'mutation Like($id: ID!) { likeActivity(input: { activityId: $id }) { activity { id } } }',
    { id },
    'londo',
  );
  await button(crud('Watch me'), 'Like, 1').waitFor();
});

test('cruds posted during an outage arrive once and in order', async () => {
  const own = await Gateway.start();
  const reader = await Tab.open(browser, own.url);
  // Chromium logs every failed connection attempt. A gateway that starts answers 503 until it is ready.
  reader.expectedErrors.push('ERR_CONNECTION_REFUSED', 'Unexpected response code: 503');
  const main = reader.page.getByRole('main');
  try {
    await reader.goto('/');
    await main.getByRole('article').first().waitFor();
    await post('Before the cut', undefined, own);
    await button(main, '1 new crud').waitFor();
    const beside = await Gateway.start('andrewbrown', own);
    await own.pause();
    await post('First of the cut', undefined, beside);
    await reader.page.getByText('You are offline.').waitFor();
    await post('Second of the cut', undefined, beside);
    await beside.stop();
    await own.resume();
    await reader.page.getByText('You are online again.').waitFor();
    await button(main, '3 new cruds').click();
    const texts = main.getByRole('article').locator('p');
    await texts.getByText('Second of the cut').waitFor();
    const shown = (await texts.allInnerTexts()).filter((text) => text.includes('the cut'));
    expect(shown).toEqual(['Second of the cut', 'First of the cut', 'Before the cut']);
  } finally {
    await reader.close();
    await own.stop();
  }
});

test('only wide windows load the home feed beside another page', async () => {
  const feeds: string[] = [];
  page.on('request', (request) => {
    if (request.postData()?.includes('query HomeFeed')) feeds.push(page.url());
  });
  await page.setViewportSize({ width: 1_000, height: 900 });
  await tab.goto('/notifications');
  await page.getByRole('main').getByRole('article').first().waitFor();
  expect(feeds).toEqual([]);
  await page.setViewportSize(desktop);
  await page.getByRole('complementary').getByText('GraphiQL').waitFor();
  await expect.poll(() => feeds).toHaveLength(1);
});

test('the profile can be edited, and an empty name is rejected', async () => {
  await tab.goto('/@andrewbrown');
  await button(page, 'Edit profile').click();
  await page.getByLabel('Name').fill('');
  await button(page, 'Save').click();
  await page.getByText('The display name is empty.').waitFor();
  await page.getByLabel('Name').fill('Andrew the Brown');
  await page.getByLabel('About you').fill('I teach #cloud.');
  await button(page, 'Save').click();
  await page.getByRole('heading', { level: 1, name: 'Andrew the Brown' }).waitFor();
  await page.reload();
  await page.getByText('I teach #cloud.').waitFor();
});

test('the app works with the keyboard alone', async () => {
  await post('Reach me by keys');
  await tab.goto('/');
  await crud('Reach me by keys').waitFor();
  await page.keyboard.press('j');
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toContain('Reach me by keys');
  await page.keyboard.press('l');
  await button(crud('Reach me by keys'), 'Like, 1').waitFor();
  await page.keyboard.press('o');
  await page.getByLabel('Your reply to').waitFor();
  await page.keyboard.press('n');
  await page.getByRole('dialog').getByLabel('Your crud').fill('By keys alone');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Your crud is posted.').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await tab.screenshot('keyboard');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.waitForURL('**/search');
  await page.keyboard.type('keys');
  await crud('By keys alone').waitFor();
});

test('the page says when it is offline, and when it is online again', async () => {
  // A response or frame that is still in flight would show the page as online.
  const socket = page.waitForEvent('websocket').then((it) => it.waitForEvent('framereceived'));
  await tab.goto('/');
  await crud('').first().waitFor();
  await socket;
  await page.waitForLoadState('networkidle');
  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await tab.screenshot('offline');
  await page.context().setOffline(false);
  await page.getByText('You are online again.').waitFor();
});

test('the addresses of the app can be opened directly', async () => {
  await tab.goto(await gateway.thread());
  await page.getByRole('list', { name: 'Replies' }).waitFor();
  await tab.goto('/crud/unknown');
  await page.getByText('This crud is gone').waitFor();
  await tab.goto('/@nobody');
  await page.getByText('@nobody does not exist').waitFor();
});

test('an anonymous visitor can read but not write', async () => {
  const open = await Gateway.start('none', gateway);
  const visitor = await Tab.open(browser, open.url);
  try {
    await visitor.goto('/');
    const first = visitor.page.getByRole('article').first();
    await first.waitFor();
    expect(await button(first, /^Like/).isDisabled()).toBe(true);
    expect(await visitor.page.getByLabel('Your crud').count()).toBe(0);
    expect(await visitor.page.getByRole('link', { name: 'Notifications' }).count()).toBe(0);
    await visitor.screenshot('anonymous');
    await visitor.goto('/notifications');
    await visitor.page.getByText('Sign in first').waitFor();
    await visitor.expectAccessible();
  } finally {
    await visitor.close();
    await open.stop();
  }
});
