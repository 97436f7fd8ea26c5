import { showToast } from '../toast.ts';
import { sessionToken, signOut } from './sessionToken.ts';

/** Signs the user out after the gateway rejected the token: it has expired or is not valid. */
export function handleUnauthenticated(): void {
  if (sessionToken.read().value === null) return;
  signOut();
  showToast('Your session has expired. Please sign in again.', 'error');
}
