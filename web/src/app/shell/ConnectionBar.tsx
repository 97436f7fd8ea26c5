import { Wifi, WifiOff } from 'lucide-react';

import { connectionState } from '../connection.ts';
import { useStore } from '../store.ts';
import styles from './ConnectionBar.module.css';

/** Says when the gateway cannot be reached, and when it can be reached again. */
export function ConnectionBar() {
  const state = useStore(connectionState);
  return (
    <div role="status" className={styles.bar} data-state={state}>
      {state === 'offline' && (
        <>
          <WifiOff aria-hidden /> You are offline. This page may be out of date.
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
