import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { launch, newContext, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

/** `npm run screenshot` replaces the committed picture. Other runs leave it as it is. */
const picture = resolve(
  process.env.UPDATE_SCREENSHOT ? '../docs/cruddur.png' : '../target/screenshots/cruddur.png',
);
const MAX_BYTES = 200_000;
const view = { width: 720, height: 600 };

/** Takes the picture of the README: the app and GraphiQL side by side. */
test('the picture of the README is small', async () => {
  const [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  const context = await newContext(browser, { viewport: view, colorScheme: 'light' });
  try {
    const app = await Tab.open(context, gateway.url);
    await app.goto('/');
    await app.page.getByRole('article').nth(2).waitFor();
    const graphiql = await Tab.open(context, gateway.url);
    await graphiql.goto('/graphiql');
    await graphiql.page.getByRole('button', { name: 'HomeFeed', exact: true }).waitFor();
    await expect
      .poll(
        async () => {
          await graphiql.page.getByRole('button', { name: /execute query/i }).click();
          return graphiql.page.locator('.result-window').innerText();
        },
        { interval: 500 },
      )
      .toContain('"home"');
    await graphiql.page.mouse.move(0, 0);

    const images = [await app.page.screenshot(), await graphiql.page.screenshot()]
      .map((image) => `<img src="data:image/png;base64,${image.toString('base64')}">`)
      .join('');
    const both = await context.newPage();
    await both.setViewportSize({ width: 2 * view.width + 1, height: view.height });
    await both.setContent(
      `<style>body { margin: 0; display: flex; gap: 1px; background: #bbb }</style>${images}`,
    );
    await both.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    const image = await both.screenshot();
    expect(image.length).toBeLessThan(MAX_BYTES);
    await mkdir(dirname(picture), { recursive: true });
    await writeFile(picture, image);
  } finally {
    await browser.close();
    await gateway.stop();
  }
});
