import { tell } from '../notice.ts';
import { held, signOut } from './token.ts';

/** The gateway takes the token no more: it has expired, or nobody vouches for it. */
export function sessionEnded(): void {
  if (held.read().token === null) return;
  signOut();
  tell('You are signed out: your token is not valid, or no longer.', 'bad');
}
