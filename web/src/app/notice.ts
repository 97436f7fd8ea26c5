import { CombinedGraphQLErrors } from '@apollo/client/errors';

import type { RefusalFragment } from './gen/graphql.ts';
import { Store } from './store.ts';

const SHOWN_FOR_MS = 5_000;

export interface Notice {
  text: string;
  tone: 'good' | 'bad';
}

/** What the corner of the screen tells the user right now. */
export const notice = new Store<Notice | null>(null);

export function tell(text: string, tone: Notice['tone'] = 'good'): void {
  const said = { text, tone };
  notice.write(said);
  setTimeout(() => {
    if (notice.read() === said) notice.write(null);
  }, SHOWN_FOR_MS);
}

/** What to tell a user about a failure: the gateway's own words where it spoke. */
export function reason(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ message }) => message).join(' ');
  return 'Cruddur cannot be reached. Try again in a moment.';
}

/**
 * Waits for a mutation and tells the user when it failed or was refused. What comes back is what
 * the gateway refused: nothing after a success, undefined after a failure.
 */
export async function attempt(
  mutation: Promise<RefusalFragment[] | undefined>,
): Promise<RefusalFragment[] | undefined> {
  try {
    const refusals = (await mutation) ?? [];
    const [first] = refusals;
    if (first) tell(first.message, 'bad');
    return refusals;
  } catch (error) {
    tell(reason(error), 'bad');
    return undefined;
  }
}
