import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launch } from './browser.ts';
import { Gateway } from './gateway.ts';

let browser: Browser;

beforeAll(async () => {
  // As an attacker's name server would answer.
  browser = await launch('--host-resolver-rules=MAP *.test 127.0.0.1');
});
afterAll(() => browser.close());

/** Serves an empty page on every path, on a free port unless one is given. */
async function servePage(port = 0): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    // A kept connection would go on after the server's end.
    response.setHeader('connection', 'close');
    response.end('<!doctype html><title>A page</title>');
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const mutation = (message: string) =>
  JSON.stringify({
    query: `mutation { createActivity(input: { message: "${message}", ttl: ONE_HOUR }) { activity { id } } }`,
  });

/** Sends a request from the page. Returns the status, 0 if the page may not see it. */
const send = (page: Page, url: string, init: RequestInit): Promise<number> =>
  page.evaluate(
    ([url, init]) =>
      fetch(url, init).then(
        ({ status }) => status,
        () => 0,
      ),
    [url, init] as const,
  );

/** Returns whether the page can open a WebSocket. */
const opensSocket = (page: Page, url: string): Promise<boolean> =>
  page.evaluate(
    (url) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      }),
    `${url.replace('http', 'ws')}/graphql`,
  );

/** Returns how many requests the gateway has answered by their labels in the metrics. */
async function answered(gateway: Gateway, labels: RegExp): Promise<number> {
  const text = await fetch(`${gateway.url}/metrics`).then((response) => response.text());
  const lines = text.split('\n').filter((it) => it.startsWith('http_requests_seconds_count'));
  return lines
    .filter((line) => labels.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const messages = async (gateway: Gateway): Promise<string[]> => {
  interface Home {
    home: { nodes: { message: string }[] };
  }
  const { home } = await gateway.run<Home>('{ home(first: 50) { nodes { message } } }');
  return home.nodes.map(({ message }) => message);
};

test('a foreign page cannot write without a preflight', async () => {
  const [gateway, server] = await Promise.all([
    Gateway.with(['--viewer', 'andrewbrown', '--metrics', 'on']),
    servePage(),
  ]);
  const page = await browser.newPage();
  await page.goto(`http://evil.test:${portOf(server)}/`);
  const disguises = [
    'text/plain;x,application/json',
    'text/plain;;,application/json',
    'text/plain',
    'multipart/form-data;x,application/json',
    'application/x-www-form-urlencoded;x,application/json',
  ];
  for (const type of disguises) {
    const headers = { 'content-type': type };
    const post = { method: 'POST', mode: 'no-cors', headers } satisfies RequestInit;
    await send(page, `${gateway.url}/graphql`, { ...post, body: mutation('csrf') });
    const body = JSON.stringify({ message: 'csrf', ttl: '1-hour' });
    await send(page, `${gateway.url}/api/activities`, { ...post, body });
  }
  // All of them have reached the gateway, without a preflight request.
  expect(await answered(gateway, /method="POST".*status="403"/)).toBe(2 * disguises.length);
  expect(await answered(gateway, /method="OPTIONS"/)).toBe(0);

  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  expect(await send(page, `${gateway.url}/graphql`, { ...json, body: mutation('csrf') })).toBe(0);
  expect(await answered(gateway, /method="OPTIONS"/)).toBe(1);
  const query = encodeURIComponent('{ viewer { unreadNotificationsCount } }');
  await send(page, `${gateway.url}/graphql?query=${query}`, { mode: 'no-cors' });
  expect(await answered(gateway, /method="GET",route="\/graphql",status="403"/)).toBe(1);
  expect(await send(page, `${gateway.url}/identity/people`, {})).toBe(0);
  expect(await opensSocket(page, gateway.url)).toBe(false);
  expect(await messages(gateway)).not.toContain('csrf');
  await page.close();
  await Promise.all([gateway.stop(), close(server)]);
});

test('a page that points its name at the gateway gets 421', async () => {
  const gateway = await Gateway.start();
  const { port } = new URL(gateway.url);
  /** Opens a page of another server, in whose place the gateway then starts. */
  const rebind = async (host: string): Promise<Page> => {
    await gateway.pause();
    const server = await servePage(Number(port));
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`);
    await close(server);
    await gateway.resume();
    return page;
  };
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: mutation('rebound'),
  };
  for (const [host, status, socket] of [
    ['rebind.test', 421, false],
    // A page of the gateway's own origin does the same and is served.
    ['127.0.0.1', 200, true],
  ] as const) {
    const page = await rebind(host);
    for (const path of ['/identity/people', '/api/message_groups', '/api/activities/home', '/']) {
      expect(await send(page, path, {}), path).toBe(status);
    }
    expect(await send(page, '/graphql', post)).toBe(status);
    expect(await opensSocket(page, `http://${host}:${port}`)).toBe(socket);
    expect((await messages(gateway)).includes('rebound')).toBe(status === 200);
    await page.close();
  }
  await gateway.stop();
});

test('a page of an allowed origin reads, writes and subscribes', async () => {
  const server = await servePage();
  const origin = `http://front.test:${portOf(server)}`;
  const gateway = await Gateway.with(['--viewer', 'andrewbrown', '--frontend-url', origin]);
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  const json = { 'content-type': 'application/json' };
  const graphql = { method: 'POST', headers: json, body: mutation('allowed') };
  expect(await send(page, `${gateway.url}/graphql`, graphql)).toBe(200);
  const body = JSON.stringify({ message: 'allowed too', ttl: '1-hour' });
  const rest = { method: 'POST', headers: json, body };
  expect(await send(page, `${gateway.url}/api/activities`, rest)).toBe(200);
  expect(await send(page, `${gateway.url}/api/activities/home`, {})).toBe(200);
  expect(await send(page, `${gateway.url}/identity/people`, {})).toBe(200);
  expect(await opensSocket(page, gateway.url)).toBe(true);
  expect(await messages(gateway)).toEqual(expect.arrayContaining(['allowed', 'allowed too']));
  await page.close();
  await Promise.all([gateway.stop(), close(server)]);
});
