import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const binary = resolve(process.env.CRUDDUR_BIN ?? '../target/debug/cruddur');

/** A gateway of our own: the real binary over a fresh SQLite file with the demo people. */
export class Gateway {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly ownsFolder: boolean,
  ) {}

  /** Starts a gateway; `beside` another one it serves the same file to another viewer. */
  static async start(viewer = 'andrewbrown', beside?: Gateway): Promise<Gateway> {
    const folder = beside?.folder ?? (await mkdtemp(join(tmpdir(), 'cruddur-')));
    const port = await freePort();
    const database = `sqlite://${join(folder, 'cruddur.db')}`;
    const args = ['--port', `${port}`, '--database-url', database, '--viewer', viewer];
    const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (text: Buffer) => (log += text.toString()));
    child.on('error', (error) => (log += `${error}`));
    const gateway = new Gateway(`http://127.0.0.1:${port}`, child, folder, !beside);
    const deadline = Date.now() + 20_000;
    while (!(await gateway.answers())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await gateway.stop();
        throw new Error(`${binary} did not start:\n${log}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
    return gateway;
  }

  private async answers(): Promise<boolean> {
    return fetch(`${this.url}/graphql?query={__typename}`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Runs a GraphQL document beside the browser, as another client would. */
  async run<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** The path of the page of the crud that has the most replies. */
  async thread(): Promise<string> {
    const { home } = await this.run<{ home: { nodes: { id: string; repliesCount: number }[] } }>(
      '{ home(first: 50) { nodes { id repliesCount } } }',
    );
    const most = home.nodes.reduce((a, b) => (b.repliesCount > a.repliesCount ? b : a));
    return `/crud/${encodeURIComponent(most.id)}`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.pid) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    if (this.ownsFolder) await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}
