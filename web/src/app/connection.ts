import { Store } from './store.ts';

/** Whether the gateway can be reached; `restored` for a moment after it could not. */
export type Connection = 'online' | 'offline' | 'restored';

const RESTORED_FOR_MS = 3_000;
/** A gateway that restarts is back before anybody need know. */
const CUT_PATIENCE_MS = 2_000;

export const connection = new Store<Connection>('online');

export function unreachable(): void {
  connection.write('offline');
}

let patience: ReturnType<typeof setTimeout> | undefined;

/** The socket has closed; it is opened again, and most often at once. */
export function cut(): void {
  patience ??= setTimeout(unreachable, CUT_PATIENCE_MS);
}

export function reached(): void {
  clearTimeout(patience);
  patience = undefined;
  if (connection.read() !== 'offline') return;
  connection.write('restored');
  setTimeout(() => {
    if (connection.read() === 'restored') connection.write('online');
  }, RESTORED_FOR_MS);
}

/** Follows what the browser knows about the network. */
export function watchNetwork(target: Window): void {
  target.addEventListener('offline', unreachable);
  target.addEventListener('online', reached);
}
