import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import axe, { type RunOptions } from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
  type ViewportSize,
} from 'playwright-core';
import { expect } from 'vitest';

const screenshots = resolve('../target/screenshots');

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 360, height: 740 };

/** A browser's profile: what its tabs have stored and cached. */
export function profileIn(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
}

/** A tab that remembers what no page of ours may do. */
export class Visit {
  /** Requests to another host, console errors, broken policies: empty at the end of each test. */
  readonly offences: string[] = [];
  /** What Chromium logs by itself while a test keeps it from the gateway. */
  readonly tolerated = ['ERR_INTERNET_DISCONNECTED'];

  private constructor(
    readonly page: Page,
    private readonly origin: string,
    private readonly ownProfile: BrowserContext | undefined,
  ) {
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) {
        this.offences.push(`request to ${url}`);
      }
    });
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() !== 'error' || this.tolerated.some((it) => text.includes(it))) return;
      this.offences.push(`console: ${text}`);
    });
    page.on('pageerror', (error) => this.offences.push(`uncaught: ${error}`));
  }

  /** A tab that shows nothing yet. Of a browser it gets a profile of its own. */
  static async open(
    browser: Browser | BrowserContext,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Visit> {
    const profile = 'newContext' in browser ? await profileIn(browser, options) : browser;
    const ownProfile = profile === browser ? undefined : profile;
    const visit = new Visit(await profile.newPage(), new URL(url).origin, ownProfile);
    // A violation is also a console error in Chromium; the event names the directive.
    await visit.page.exposeFunction('reportViolation', (text: string) =>
      visit.offences.push(`policy: ${text}`),
    );
    await visit.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void })
          .reportViolation;
        report(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    return visit;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  /** Signs in as one of the demo people, by the page for that. */
  async signIn(name: string): Promise<void> {
    await this.goto('/sign-in');
    await this.page
      .getByRole('list', { name: 'People to act as' })
      .getByText(name, { exact: true })
      .click();
    await this.page.getByText(`You are ${name} now.`).waitFor();
  }

  /** Shows the page in a window of this size and in this colour scheme. */
  async show(window: ViewportSize, colorScheme: 'dark' | 'light'): Promise<void> {
    await this.page.setViewportSize(window);
    await this.page.emulateMedia({ colorScheme });
    // Where scripts do the colouring, they have had their turn two frames later.
    await this.page.evaluate(
      () => new Promise((wake) => requestAnimationFrame(() => requestAnimationFrame(wake))),
    );
  }

  /** Fails for each serious violation that axe finds on the page as it is. */
  async expectAccessible(): Promise<void> {
    await this.expectNoViolation();
  }

  /** Fails for each serious violation in the colours of the page. */
  async expectReadable(): Promise<void> {
    await this.expectNoViolation({ runOnly: ['color-contrast', 'link-in-text-block'] });
  }

  private async expectNoViolation(options: RunOptions = {}): Promise<void> {
    // Once in a page is enough; it goes when the page is left.
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(
      (asked) => (window as unknown as { axe: typeof axe }).axe.run(document, asked),
      { resultTypes: ['violations'], ...options } satisfies RunOptions,
    );
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }));
    expect(serious).toEqual([]);
  }

  /** Fails when the page is wider than its window. */
  async expectFits(): Promise<void> {
    const [content, window] = await this.page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    expect(content).toBeLessThanOrEqual(window);
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  async close(): Promise<void> {
    await (this.ownProfile ?? this.page).close();
    expect(this.offences).toEqual([]);
  }
}
