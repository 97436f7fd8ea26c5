import { expect, test } from 'vitest';

import { launch, Tab } from './browser.ts';
import { Gateway } from './gateway.ts';

test('the API docs load and send requests under their content security policy', async () => {
  const [gateway, browser] = await Promise.all([Gateway.start(), launch()]);
  const tab = await Tab.open(browser, gateway.url);
  await tab.goto('/api/docs/');
  const route = tab.page.locator('.opblock', { hasText: '/api/health-check' });
  await route.getByRole('button').first().click();
  await route.getByRole('button', { name: 'Try it out' }).click();
  await route.getByRole('button', { name: 'Execute' }).click();
  const answer = route.locator('.live-responses-table .response .response-col_status');
  await answer.waitFor();
  expect(await answer.innerText()).toContain('200');
  await tab.close();
  await browser.close();
  await gateway.stop();
});
