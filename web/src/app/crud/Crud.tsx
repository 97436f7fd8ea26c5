import './Crud.css';

import { Timer } from 'lucide-react';
import { type MouseEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';

import { isUnsent } from '../composer/post.ts';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { ago, inFull, isWithinAnHour, left, useNow } from '../time.ts';
import { CrudActions } from './CrudActions.tsx';
import { CrudText } from './CrudText.tsx';
import { DeleteDialog } from './DeleteDialog.tsx';

interface Props {
  crud: CrudFieldsFragment;
  /** The crud that a page is about, shown larger. */
  prominent?: boolean;
  /** Whether to leave out to whom it replies, where the page shows that anyway. */
  inThread?: boolean;
  /** Takes the place of the dialog that a reply is written in. */
  onReply?: () => void;
  onDeleted?: () => void;
}

/** A crud or a reply as a card. */
export function Crud({ crud, prominent, inThread, onReply, onDeleted }: Props) {
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const { author, replyTo } = crud;
  const unsent = isUnsent(crud.id);

  // For the mouse, the whole card is a link; keyboards and screen readers have the time stamp.
  const open = (event: MouseEvent) => {
    const onSomething = (event.target as Element).closest('a, button, dialog');
    if (prominent || unsent || onSomething || getSelection()?.toString()) return;
    navigate(paths.crud(crud.id));
  };

  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <article
      className="crud"
      data-prominent={prominent}
      aria-busy={unsent}
      aria-label={`${author.displayName}: ${crud.message}`}
      tabIndex={-1}
      onClick={open}
    >
      <Link href={paths.person(author.handle)} className="crud-face" tabIndex={-1} aria-hidden>
        <Avatar person={author} />
      </Link>
      <header className="crud-header">
        <Link href={paths.person(author.handle)} className="crud-author">
          <strong>{author.displayName}</strong> <span className="muted">@{author.handle}</span>
        </Link>
        <Times crud={crud} />
      </header>
      <div className="crud-body">
        {replyTo && !inThread && (
          <p className="muted crud-reply-to">
            Replying to <Link href={paths.crud(replyTo.id)}>@{replyTo.author.handle}</Link>
          </p>
        )}
        <CrudText text={crud.message} />
        <CrudActions
          crud={crud}
          disabled={unsent}
          onDelete={() => setDeleting(true)}
          {...(onReply && { onReply })}
        />
      </div>
      {deleting && (
        <DeleteDialog
          crud={crud}
          onClose={() => setDeleting(false)}
          {...(onDeleted && { onDeleted })}
        />
      )}
    </article>
  );
}

function Times({ crud }: { crud: CrudFieldsFragment }) {
  const now = useNow();
  if (isUnsent(crud.id)) return <span className="muted crud-times">sending…</span>;
  return (
    <span className="muted crud-times">
      <Link href={paths.crud(crud.id)} data-key="open">
        <time dateTime={crud.createdAt} title={inFull(crud.createdAt)}>
          {ago(crud.createdAt, now)}
        </time>
      </Link>
      {crud.expiresAt && (
        <span
          className="crud-expiry"
          data-soon={isWithinAnHour(crud.expiresAt, now)}
          title={`Expires ${inFull(crud.expiresAt)}`}
        >
          <Timer aria-hidden />
          <span className="unseen">expires in </span>
          {left(crud.expiresAt, now)}
        </span>
      )}
    </span>
  );
}
