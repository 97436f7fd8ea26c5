import { errorMessage } from '../toast.ts';
import { EmptyState } from './EmptyState.tsx';

interface Props {
  title?: string;
  error?: unknown;
  onRetry: () => unknown;
}

/** Takes the place of content that failed to load, and offers to try again. */
export function ErrorState({ title = 'Something went wrong', error, onRetry }: Props) {
  return (
    <EmptyState title={title}>
      {error !== undefined && <p>{errorMessage(error)}</p>}
      <button className="button quiet" onClick={() => void onRetry()}>
        Try again
      </button>
    </EmptyState>
  );
}
