import { Store } from './store.ts';

/** Whether the gateway can be reached. `restored` lasts for a moment after an outage. */
export type ConnectionState = 'online' | 'offline' | 'restored';

const RESTORED_DURATION_MS = 3_000;
/** A gateway that restarts is back before the user needs to know. */
const OFFLINE_GRACE_MS = 2_000;

export const connectionState = new Store<ConnectionState>('online');

export function markOffline(): void {
  connectionState.write('offline');
}

let graceTimer: ReturnType<typeof setTimeout> | undefined;

/** Call when the socket closes. The client reconnects, usually within the grace period. */
export function markDisconnected(): void {
  graceTimer ??= setTimeout(markOffline, OFFLINE_GRACE_MS);
}

export function markOnline(): void {
  clearTimeout(graceTimer);
  graceTimer = undefined;
  if (connectionState.read() !== 'offline') return;
  connectionState.write('restored');
  setTimeout(() => {
    if (connectionState.read() === 'restored') connectionState.write('online');
  }, RESTORED_DURATION_MS);
}

/** Follows the browser's own online and offline events. */
export function watchNetwork(target: Window): void {
  target.addEventListener('offline', markOffline);
  target.addEventListener('online', markOnline);
}
