import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SET_DISPLAY_NAME = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=10) as database:
    database.execute('UPDATE users SET display_name = ? WHERE handle = ?', sys.argv[2:])
`;

const binary = resolve(process.env.CRUDDUR_BIN ?? '../target/debug/cruddur');

/** A gateway for tests: the real binary on a new SQLite file with the demo people. */
export class Gateway {
  readonly url: string;
  private process: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly flags: string[],
    private readonly directory: string,
    private readonly ownsDirectory: boolean,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts a gateway. With `beside`, it shares the database file of that gateway. */
  static start(viewer = 'andrewbrown', beside?: Gateway): Promise<Gateway> {
    return Gateway.with(['--viewer', viewer], beside);
  }

  /** Starts a gateway with these flags. */
  static async with(flags: string[], beside?: Gateway): Promise<Gateway> {
    const directory = beside?.directory ?? (await mkdtemp(join(tmpdir(), 'cruddur-')));
    const gateway = new Gateway(await freePort(), flags, directory, !beside);
    await gateway.resume();
    return gateway;
  }

  /** Starts the process on its port and database, until it is paused or stopped. */
  async resume(): Promise<void> {
    const { port, flags } = this;
    const database = `sqlite://${this.file}`;
    const args = ['--port', `${port}`, '--database-url', database, ...flags];
    const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (text: Buffer) => (log += text.toString()));
    child.on('error', (error) => (log += `${error}`));
    this.process = child;
    const deadline = Date.now() + 20_000;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await this.stop();
        throw new Error(`${binary} did not start:\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private get file(): string {
    return join(this.directory, 'cruddur.db');
  }

  /** Stores a display name that the gateway would refuse, as another program can. */
  setDisplayName(handle: string, displayName: string): void {
    execFileSync('python3', ['-c', SET_DISPLAY_NAME, this.file, displayName, handle]);
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Runs a GraphQL document outside of the browser, as the user with this handle or the default viewer. */
  async run<Data>(query: string, variables: object = {}, handle?: string): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(handle && { authorization: `Bearer ${await this.token(handle)}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Returns a token of one of the demo people. */
  async token(handle: string): Promise<string> {
    const response = await fetch(`${this.url}/identity/people`);
    const people = (await response.json()) as { handle: string; token: string }[];
    return people.find((person) => person.handle === handle)!.token;
  }

  /** Returns the path of the crud with the most replies. */
  async thread(): Promise<string> {
    const { home } = await this.run<{ home: { nodes: { id: string; repliesCount: number }[] } }>(
      '{ home(first: 50) { nodes { id repliesCount } } }',
    );
    const most = home.nodes.reduce((a, b) => (b.repliesCount > a.repliesCount ? b : a));
    return `/crud/${encodeURIComponent(most.id)}`;
  }

  /** Ends the process but keeps its database. */
  async pause(): Promise<void> {
    const child = this.process;
    if (child?.exitCode !== null || !child.pid) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.pause();
    if (this.ownsDirectory) await rm(this.directory, { recursive: true, force: true });
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
