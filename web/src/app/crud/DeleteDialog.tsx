import { useApolloClient } from '@apollo/client/react';

import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { attempt } from '../notice.ts';
import { Dialog } from '../shell/Dialog.tsx';
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
    void attempt(deleteCrud(client, crud));
    onDeleted?.();
  };
  return (
    <Dialog title="Delete this crud?" onClose={onClose}>
      <p className="muted">It disappears for everybody, together with the replies to it.</p>
      <div className="dialog-actions">
        <button className="button quiet" onClick={onClose}>
          Keep it
        </button>
        <button className="button danger" onClick={remove}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
