import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import axe, { type RunOptions } from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
  type ViewportSize,
} from 'playwright-core';
import { expect } from 'vitest';

const screenshots = resolve('../target/screenshots');

/** Starts a browser, with more flags of Chromium. */
export function launch(...flags: string[]): Promise<Browser> {
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
      ...flags,
    ],
  });
}

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 360, height: 740 };

/** Opens a browser context: the storage and cache that its tabs share. */
export function newContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
}

/** A browser tab that records the violations of its pages. */
export class Tab {
  /** Requests to other hosts, console errors, policy violations. Must be empty when the tab closes. */
  readonly violations: string[] = [];
  /** Parts of console errors that Chromium logs when a test cuts the connection to the gateway. */
  readonly expectedErrors = ['ERR_INTERNET_DISCONNECTED'];

  private constructor(
    readonly page: Page,
    private readonly origin: string,
    private readonly ownContext: BrowserContext | undefined,
  ) {
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) {
        this.violations.push(`request to ${url}`);
      }
    });
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() !== 'error' || this.expectedErrors.some((it) => text.includes(it))) return;
      this.violations.push(`console: ${text}`);
    });
    page.on('pageerror', (error) => this.violations.push(`uncaught: ${error}`));
  }

  /** Opens an empty tab, in a context of its own if it is opened in a browser. */
  static async open(
    parent: Browser | BrowserContext,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Tab> {
    const context = 'newContext' in parent ? await newContext(parent, options) : parent;
    const ownContext = context === parent ? undefined : context;
    const tab = new Tab(await context.newPage(), new URL(url).origin, ownContext);
    // Chromium logs a violation as a console error, but only the event names the directive.
    await tab.page.exposeFunction('reportViolation', (text: string) =>
      tab.violations.push(`policy: ${text}`),
    );
    await tab.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void })
          .reportViolation;
        report(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    return tab;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  /** Signs in as one of the demo people on the sign-in page. */
  async signIn(name: string): Promise<void> {
    await this.goto('/sign-in');
    await this.page
      .getByRole('list', { name: 'People to act as' })
      .getByText(name, { exact: true })
      .click();
    await this.page.getByText(`You are now ${name}.`).waitFor();
  }

  /** Returns the cards of the page that contain a text. */
  card(text: string): Locator {
    return this.page.getByRole('main').getByRole('article').filter({ hasText: text });
  }

  /** Does an action and waits for the response to the operation that it causes. */
  async withResponse(operation: string, action: Promise<void>): Promise<void> {
    await Promise.all([
      this.page.waitForResponse((response) => !!response.request().postData()?.includes(operation)),
      action,
    ]);
  }

  /** Sets the size of the window and the colour scheme. */
  async emulate(window: ViewportSize, colorScheme: 'dark' | 'light'): Promise<void> {
    await this.page.setViewportSize(window);
    await this.page.emulateMedia({ colorScheme });
    // Scripts that set colours have run two frames later.
    await this.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  }

  /** Fails if axe finds a serious accessibility violation. */
  async expectAccessible(): Promise<void> {
    await this.expectNoViolation();
  }

  /** Fails if axe finds a serious violation in the colours of the page. */
  async expectContrast(): Promise<void> {
    await this.expectNoViolation({ runOnly: ['color-contrast', 'link-in-text-block'] });
  }

  private async expectNoViolation(options: RunOptions = {}): Promise<void> {
    // A navigation removes axe from the page.
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(
      (options) => (window as unknown as { axe: typeof axe }).axe.run(document, options),
      { resultTypes: ['violations'], ...options } satisfies RunOptions,
    );
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }));
    expect(serious).toEqual([]);
  }

  /** Fails if the page is wider than its window, or the content of a dialog than the dialog. */
  async expectNoHorizontalScroll(): Promise<void> {
    const overflows = await this.page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('dialog[open]')].map(
        (element) => element.scrollWidth - element.clientWidth,
      ),
    );
    expect(Math.max(...overflows)).toBeLessThanOrEqual(0);
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(screenshots, { recursive: true });
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  async close(): Promise<void> {
    await (this.ownContext ?? this.page).close();
    expect(this.violations).toEqual([]);
  }
}
