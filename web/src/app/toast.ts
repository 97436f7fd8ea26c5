import { CombinedGraphQLErrors } from '@apollo/client/errors';

import type { UserErrorFieldsFragment } from './gen/graphql.ts';
import { Store } from './store.ts';

const TOAST_DURATION_MS = 5_000;

export interface Toast {
  text: string;
  tone: 'success' | 'error';
}

/** The toast on the screen, if any. A new one replaces it. */
export const toast = new Store<Toast | null>(null);

export function showToast(text: string, tone: Toast['tone'] = 'success'): void {
  const shown = { text, tone };
  toast.write(shown);
  setTimeout(() => {
    if (toast.read() === shown) toast.write(null);
  }, TOAST_DURATION_MS);
}

/** Returns the text to show for a failed request: the gateway's own message if it answered. */
export function errorMessage(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ message }) => message).join(' ');
  return "Couldn't reach Cruddur. Try again in a moment.";
}

/**
 * Waits for a mutation and shows a toast if it failed or was rejected. Returns its user errors: an
 * empty list on success, undefined if the request failed.
 */
export async function withErrorToast(
  mutation: Promise<UserErrorFieldsFragment[] | undefined>,
): Promise<UserErrorFieldsFragment[] | undefined> {
  try {
    const userErrors = (await mutation) ?? [];
    const [first] = userErrors;
    if (first) showToast(first.message, 'error');
    return userErrors;
  } catch (error) {
    showToast(errorMessage(error), 'error');
    return undefined;
  }
}
