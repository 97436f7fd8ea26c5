import './ConnectionBar.css';

import { Wifi, WifiOff } from 'lucide-react';

import { connection } from '../connection.ts';
import { useStore } from '../store.ts';

/** Says when the gateway cannot be reached, and when it can again. */
export function ConnectionBar() {
  const state = useStore(connection);
  return (
    <div role="status" className="connection" data-state={state}>
      {state === 'offline' && (
        <>
          <WifiOff aria-hidden /> You are offline. What you see may be old.
        </>
      )}
      {state === 'restored' && (
        <>
          <Wifi aria-hidden /> You are online again.
        </>
      )}
    </div>
  );
}
