import { type Client, createClient } from 'graphql-ws';

import { cut, reached } from './connection.ts';
import { sessionEnded } from './session/ended.ts';

const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 5_000;
const LONGEST_PAUSE_MS = 10_000;
const NORMAL_CLOSURE = 1_000;
const FORBIDDEN = 4_403;

/** Drops what is sent when the socket closes already, where browsers drop it with an error in the console. */
class Socket extends WebSocket {
  override send(data: string): void {
    if (this.readyState === WebSocket.OPEN) super.send(data);
  }
}

/** A socket to the gateway: open while something is subscribed to, and opened again when cut. */
export function openSocket(token: string | null): Client {
  let isConnected = false;
  let pong: ReturnType<typeof setTimeout> | undefined;
  const socket = createClient({
    url: `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/graphql`,
    webSocketImpl: Socket,
    connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
    keepAlive: PING_EVERY_MS,
    lazyCloseTimeout: 3_000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: pause,
    on: {
      connected() {
        isConnected = true;
        reached();
      },
      closed(event) {
        const { code } = event as CloseEvent;
        clearTimeout(pong);
        // Where there is no way for sockets at all, the page is not offline for that.
        if (isConnected && code !== NORMAL_CLOSURE) cut();
        isConnected = false;
        if (code === FORBIDDEN) sessionEnded();
      },
      // A network that went away without a word leaves a socket open to nobody.
      ping(received) {
        if (!received) pong = setTimeout(() => socket.terminate(), PONG_WITHIN_MS);
      },
      pong(received) {
        if (received) clearTimeout(pong);
      },
    },
  });
  return socket;
}

/** Longer with each attempt and never the same, so that not all clients come back at once. */
async function pause(attempt: number): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempt);
  await new Promise<unknown>((wake) => {
    setTimeout(wake, longest * (0.5 + Math.random() / 2));
    addEventListener('online', wake, { once: true });
  });
}
