import { useApolloClient } from '@apollo/client/react';

import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { withErrorToast } from '../toast.ts';
import { Dialog, DialogActions } from '../shell/Dialog.tsx';
import { deleteCrud } from './deleteCrud.ts';

interface Props {
  crud: CrudFieldsFragment;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteDialog({ crud, onClose, onDeleted }: Props) {
  const client = useApolloClient();
  const remove = () => {
    onClose();
    void withErrorToast(deleteCrud(client, crud));
    onDeleted?.();
  };
  return (
    <Dialog title="Delete this crud?" onClose={onClose}>
      <p className="muted">Everyone will lose it, together with its replies.</p>
      <DialogActions>
        <button className="button quiet" onClick={onClose}>
          Keep it
        </button>
        <button className="button danger" onClick={remove}>
          Delete
        </button>
      </DialogActions>
    </Dialog>
  );
}
