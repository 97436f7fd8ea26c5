import { type Client, createClient } from 'graphql-ws';

import { markDisconnected, markOnline } from './connection.ts';
import { handleUnauthenticated } from './session/handleUnauthenticated.ts';

const PING_INTERVAL_MS = 20_000;
const PONG_TIMEOUT_MS = 5_000;
const MAX_RETRY_DELAY_MS = 10_000;
const NORMAL_CLOSURE = 1_000;
const FORBIDDEN = 4_403;

/** Drops what is sent while the socket closes. A browser drops it too, but logs an error. */
class Socket extends WebSocket {
  override send(data: string): void {
    if (this.readyState === WebSocket.OPEN) super.send(data);
  }
}

/** Opens a socket with the first subscription, reconnects it, and closes it after the last. */
export function openSocket(token: string | null): Client {
  let isConnected = false;
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  const socket = createClient({
    url: `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/graphql`,
    webSocketImpl: Socket,
    connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
    keepAlive: PING_INTERVAL_MS,
    lazyCloseTimeout: 3_000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: waitBeforeRetry,
    on: {
      connected() {
        isConnected = true;
        markOnline();
      },
      closed(event) {
        const { code } = event as CloseEvent;
        clearTimeout(pongTimer);
        // A network that blocks WebSockets does not make the page offline.
        if (isConnected && code !== NORMAL_CLOSURE) markDisconnected();
        isConnected = false;
        if (code === FORBIDDEN) handleUnauthenticated();
      },
      // If the network drops silently, the socket stays open without a peer.
      ping(received) {
        if (!received) pongTimer = setTimeout(() => socket.terminate(), PONG_TIMEOUT_MS);
      },
      pong(received) {
        if (received) clearTimeout(pongTimer);
      },
    },
  });
  return socket;
}

/** Exponential back-off with jitter, so that clients do not all reconnect at once. */
async function waitBeforeRetry(attempt: number): Promise<void> {
  const maxDelay = Math.min(MAX_RETRY_DELAY_MS, 500 * 2 ** attempt);
  await new Promise<unknown>((resolve) => {
    setTimeout(resolve, maxDelay * (0.5 + Math.random() / 2));
    addEventListener('online', resolve, { once: true });
  });
}
