import { Store } from '../store.ts';

/** How people sign in at this gateway. */
export type Identity =
  /** As anybody; without a token one acts as the viewer, or as nobody. */
  | { mode: 'demo'; viewer: string | null }
  /** With a token of an identity provider. */
  | { mode: 'provider'; issuer: string };

/** Somebody whom a demo offers to act as. */
export interface DemoPerson {
  handle: string;
  displayName: string;
  token: string;
}

/** Undefined before the gateway has said it. */
export const identity = new Store<Identity | undefined>(undefined);

export async function loadIdentity(): Promise<void> {
  try {
    identity.write((await answer('/identity')) as Identity);
  } catch {
    // Then nothing is said of signing in; the next visit asks again.
  }
}

export async function demoPeople(): Promise<DemoPerson[]> {
  return (await answer('/identity/people')) as DemoPerson[];
}

async function answer(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
