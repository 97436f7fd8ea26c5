import { Store } from '../store.ts';

const STORAGE_KEY = 'cruddur:token';

interface SessionToken {
  /** The bearer token; null for an anonymous session. */
  value: string | null;
  /** Counts the sessions of this tab. Each sign-in and sign-out starts a new one. */
  generation: number;
}

/** The token of this browser tab; each tab has its own. */
export const sessionToken = new Store<SessionToken>({
  value: sessionStorage.getItem(STORAGE_KEY),
  generation: 0,
});

export function signIn(token: string): void {
  sessionStorage.setItem(STORAGE_KEY, token);
  startSession(token);
}

export function signOut(): void {
  sessionStorage.removeItem(STORAGE_KEY);
  startSession(null);
}

/** Starts a new session with the same token, after it has become the token of a registered user. */
export function restartSession(): void {
  startSession(sessionToken.read().value);
}

function startSession(value: string | null) {
  sessionToken.write({ value, generation: sessionToken.read().generation + 1 });
}
