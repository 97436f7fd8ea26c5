import { Store } from '../store.ts';

const KEY = 'cruddur:token';

interface Held {
  /** What says who the user is; null where nothing does. */
  token: string | null;
  /** Which session of the tab it is. */
  number: number;
}

/** What this tab of the browser holds; each tab has its own. */
export const held = new Store<Held>({ token: sessionStorage.getItem(KEY), number: 0 });

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  begin(token);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  begin(null);
}

/** Begins a new session with the same token, whose holder is somebody else to the gateway now. */
export function beginAgain(): void {
  begin(held.read().token);
}

function begin(token: string | null) {
  held.write({ token, number: held.read().number + 1 });
}
