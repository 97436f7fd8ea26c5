import { EmptyState } from '../shell/EmptyState.tsx';
import { Handle } from './PersonName.tsx';

/** Takes the place of a person whose handle, which comes from the address, no user has. */
export function NoSuchPerson({ handle }: { handle: string }) {
  return (
    <EmptyState
      title={
        <>
          <Handle person={{ handle }} /> does not exist
        </>
      }
    >
      Handles are case-sensitive.
    </EmptyState>
  );
}
