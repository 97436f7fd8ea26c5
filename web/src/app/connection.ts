import { Store } from './store.ts';

/** Whether the gateway can be reached; `restored` for a moment after it could not. */
export type Connection = 'online' | 'offline' | 'restored';

const RESTORED_FOR_MS = 3_000;

export const connection = new Store<Connection>('online');

export function unreachable(): void {
  connection.write('offline');
}

export function reached(): void {
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
