import { CrudText } from '../crud/CrudText.tsx';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { PersonName } from '../profile/PersonName.tsx';
import { Dialog } from '../shell/Dialog.tsx';
import type { ComposeTarget } from './compose.ts';
import { Composer } from './Composer.tsx';
import styles from './ComposerDialog.module.css';

export function ComposerDialog({ replyTo, onClose }: ComposeTarget & { onClose: () => void }) {
  return (
    <Dialog
      title={replyTo ? 'Reply' : 'New crud'}
      intro={replyTo && <Quote crud={replyTo} />}
      onClose={onClose}
    >
      <Composer size="tall" onPosted={onClose} autoFocus {...(replyTo && { replyTo })} />
    </Dialog>
  );
}

function Quote({ crud }: { crud: CrudFieldsFragment }) {
  return (
    <blockquote className={styles.quote}>
      <PersonName person={crud.author} />
      <CrudText text={crud.message} />
    </blockquote>
  );
}
