import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { desktop, launch, phone, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

/** Names that pretend to be another person's, or are not visible. */
const names = {
  padded: `Andrew Brown @andrewbrown${'\u3000'.repeat(38)}`,
  turned: '\u202e\u2067ococ@ nworB werdnA',
  invisible: '\u200b\u3000\ufeff',
};

let gateway: Gateway;
let browser: Browser;
let tab: Tab;
let thread: string;

const as = (handle: string, mutation: string, input: object) =>
  gateway.run<Record<string, { activity?: { id: string }; userErrors: object[] }>>(
    `mutation ($input: ${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!) {
      ${mutation}(input: $input) {
        ${mutation === 'createActivity' ? 'activity { id }' : ''} userErrors { code }
      }
    }`,
    { input },
    handle,
  );

const post = async (handle: string, message: string) => {
  const created = await as(handle, 'createActivity', { message, ttl: 'ONE_DAY' });
  return created.createActivity!.activity!.id;
};

beforeAll(async () => {
  [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  const crud = await post('lore', 'A word from the owner of this site @andrewbrown');
  await as('andrewbrown', 'createReply', { activityId: crud, message: 'A reply' });
  await as('lore', 'createReply', { activityId: crud, message: 'A reply of lore' });
  await as('lore', 'sendMessage', { toHandle: 'andrewbrown', message: 'A message of lore' });
  const { user } = await gateway.run<{ user: { id: string } }>(
    '{ user(handle: "andrewbrown") { id } }',
  );
  await as('lore', 'followUser', { userId: user.id });
  thread = `/crud/${encodeURIComponent(crud)}`;
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  tab = await Tab.open(browser, gateway.url);
});
afterEach(() => tab.close());

/**
 * Returns how each character of a text in an element is displayed: its place, and whether it is on the
 * screen, in the card around it, and not covered or cut off. The text may be in several text nodes.
 */
function characters(element: Locator, text: string) {
  return element.evaluate((root, text) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const places: { node: Node; at: number }[] = [];
    let whole = '';
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const content = node.textContent ?? '';
      for (let at = 0; at < content.length; at += 1) places.push({ node, at });
      whole += content;
    }
    const start = whole.indexOf(text);
    if (start < 0) throw new Error(`no "${text}" in "${whole}"`);
    const card = root.closest('article, li, section, header') ?? document.body;
    const bounds = card.getBoundingClientRect();
    places[start]!.node.parentElement!.scrollIntoView({ block: 'center' });
    return places.slice(start, start + text.length).map(({ node, at }, index) => {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { left, right, top, bottom, width } = range.getBoundingClientRect();
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const isHit = !!hit && (hit.contains(node) || !!hit.closest('a')?.contains(node));
      const isBlank = width === 0 || text[index] === ' ';
      return {
        left,
        top,
        isVisible: isBlank || (isHit && left >= bounds.left - 1 && right <= bounds.right + 1),
      };
    });
  }, text);
}

/** Fails unless a text is displayed whole and from left to right. */
async function expectReadable(element: Locator, text: string) {
  const shown = await characters(element, text);
  expect(shown.map(({ isVisible }) => isVisible)).not.toContain(false);
  for (const [at, { left, top }] of shown.entries()) {
    const before = shown[at - 1];
    if (before?.top === top)
      expect(left, `${text}, character ${at}`).toBeGreaterThanOrEqual(before.left);
  }
}

async function expectOneLine(element: Locator, text: string) {
  const lines = (await characters(element, text)).map(({ top }) => top);
  expect(new Set(lines).size, `lines of ${text}`).toBe(1);
}

const places = [
  { name: 'crud', path: () => '/', card: 'A word from the owner', text: '@lore' },
  { name: 'thread', path: () => thread, card: 'A word from the owner', text: '@lore' },
  { name: 'reply', path: () => thread, card: 'A reply of lore', text: '@lore' },
  { name: 'search', path: () => '/search?q=lore', card: '@lore', text: '@lore' },
  { name: 'followers', path: () => '/@andrewbrown/followers', card: '@lore', text: '@lore' },
  { name: 'conversations', path: () => '/messages', card: 'A message of lore', text: '@lore' },
  { name: 'notification', path: () => '/notifications', card: 'mentioned you', text: '@lore' },
  {
    name: 'sentence',
    path: () => '/notifications',
    card: 'sent you a message',
    text: 'sent you a message @lore',
  },
];

test.each(Object.entries(names))(
  'a name that is %s leaves the handle and its surroundings readable',
  async (kind, name) => {
    gateway.setDisplayName('lore', name);
    for (const window of [desktop, phone]) {
      await tab.emulate(window, 'light');
      const size = window === phone ? 'phone' : 'desktop';
      for (const place of places) {
        await tab.goto(place.path());
        const card = tab.card(place.card).filter({ hasText: '@lore' }).first();
        await card.waitFor();
        await expectReadable(card, place.text);
        await expectOneLine(card, '@lore');
        await tab.expectNoHorizontalScroll();
        await tab.screenshot(`name-${kind}-${place.name}-${size}`);
      }
      await tab.goto('/@lore');
      const profile = tab.page.getByRole('region', { name: 'Profile' });
      await expectReadable(profile, '@lore');
      await tab.expectNoHorizontalScroll();
      await tab.screenshot(`name-${kind}-profile-${size}`);
      expect(await tab.page.title()).not.toMatch(/\p{Bidi_Control}|\u3000/u);

      await tab.goto('/sign-in');
      const people = tab.page.getByRole('list', { name: 'People to act as' });
      await expectReadable(people.getByRole('listitem').filter({ hasText: '@lore' }), '@lore');
      await tab.screenshot(`name-${kind}-sign-in-${size}`);

      await tab.goto('/messages/@lore');
      const conversation = tab.page.getByRole('region', { name: 'Conversation with @lore' });
      await conversation.getByText('A message of lore').waitFor();
      await expectReadable(conversation, '@lore');
      await tab.expectNoHorizontalScroll();
      await tab.screenshot(`name-${kind}-conversation-${size}`);
    }
  },
);

test('a handle of 64 characters is shown whole', async () => {
  const handle = 'a'.repeat(63) + 'b';
  gateway.setDisplayName('lore', names.padded);
  await tab.page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll('"lore"', JSON.stringify(handle));
    return route.fulfill({ response, body });
  });
  for (const window of [desktop, phone]) {
    await tab.emulate(window, 'light');
    for (const path of ['/', '/search?q=lore', '/messages', '/notifications']) {
      await tab.goto(path);
      const card = tab.card(`@${handle}`).first();
      await card.waitFor();
      await expectReadable(card, `@${handle}`);
      await tab.expectNoHorizontalScroll();
    }
    await tab.screenshot(`name-long-handle-${window === phone ? 'phone' : 'desktop'}`);
  }
});

test('the name of a person is one line with the direction of its own script', async () => {
  gateway.setDisplayName('lore', 'محمد (Lore)');
  await tab.goto('/');
  const name = tab.card('A word from the owner').locator('bdi').first();
  expect(await name.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
  expect(await name.evaluate((element) => getComputedStyle(element).unicodeBidi)).toBe('isolate');
});

test('a link shows the host that the browser opens, and cannot turn the line', async () => {
  await post('worf', 'See https://bank.example@evil.test/\u202egpj.exe and the rest');
  await post('worf', 'IDN https://\u0430pple.com/pay now');
  await post('worf', 'Text \u202ewith an override @coco #tag the end');
  await tab.goto('/');

  const crud = tab.card('See ').filter({ hasText: 'and the rest' });
  await crud.waitFor();
  const link = crud.getByRole('link', { name: 'evil.test' });
  expect(await link.innerText()).toBe('evil.test/%E2%80%AEgpj.exe');
  const opened = await link.evaluate((element) => (element as HTMLAnchorElement).host);
  expect(opened).toBe('evil.test');
  expect(await crud.innerText()).not.toContain('bank.example');
  await expectReadable(crud, 'See evil.test/%E2%80%AEgpj.exe and the rest');

  const idn = tab.card('IDN ');
  expect(await idn.getByRole('link', { name: 'xn--' }).innerText()).toBe('xn--pple-43d.com/pay');
  await expectReadable(idn, 'xn--pple-43d.com/pay now');

  const override = tab.card('Text ');
  for (const text of ['@coco', '#tag', ' the end']) await expectReadable(override, text);
  await override.scrollIntoViewIfNeeded();
  await tab.screenshot('links');
});
