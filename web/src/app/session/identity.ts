import { Store } from '../store.ts';

/** How people sign in at this gateway. */
export type Identity =
  /** As any demo person. Requests without a token act as `viewer`, or are anonymous if it is null. */
  | { mode: 'demo'; viewer: string | null }
  /** With a token from an identity provider. */
  | { mode: 'provider'; issuer: string };

/** A person that demo mode offers to act as. */
export interface DemoPerson {
  handle: string;
  displayName: string;
  token: string;
}

/** Undefined until it is loaded. */
export const identity = new Store<Identity | undefined>(undefined);

export async function loadIdentity(): Promise<void> {
  try {
    identity.write((await fetchJson('/identity')) as Identity);
  } catch {
    // Without it the app shows no way to sign in. The next page load tries again.
  }
}

export async function fetchDemoPeople(): Promise<DemoPerson[]> {
  return (await fetchJson('/identity/people')) as DemoPerson[];
}

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
