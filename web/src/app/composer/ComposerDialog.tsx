import { CrudText } from '../crud/CrudText.tsx';
import { Dialog } from '../shell/Dialog.tsx';
import type { ComposeFor } from './compose.ts';
import { Composer } from './Composer.tsx';

export function ComposerDialog({ replyTo, onClose }: ComposeFor & { onClose: () => void }) {
  return (
    <Dialog title={replyTo ? 'Reply' : 'New crud'} onClose={onClose}>
      {replyTo && (
        <blockquote className="composer-quote">
          <strong>{replyTo.author.displayName}</strong>{' '}
          <span className="muted">@{replyTo.author.handle}</span>
          <CrudText text={replyTo.message} />
        </blockquote>
      )}
      <Composer onPosted={onClose} autoFocus {...(replyTo && { replyTo })} />
    </Dialog>
  );
}
