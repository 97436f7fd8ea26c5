import { chromium } from 'playwright-core';
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const p = await b.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
p.on('console', (m) => console.log('C', m.text()));
p.on('pageerror', (e) => console.log('E', e.message));
await p.goto('http://127.0.0.1:4900' + process.argv[2]);
await p.waitForTimeout(2500);
console.log((await p.locator('main').innerText()).slice(0, 600));
await p.screenshot({ path: '/tmp/zz.png' });
await b.close();
