import { Timer } from 'lucide-react';
import { type MouseEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';

import { classNames } from '../classNames.ts';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { isOptimistic } from '../optimistic.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { Handle, PersonName } from '../profile/PersonName.tsx';
import { formatFull, isWithinAnHour, timeAgo, timeLeft, useNow } from '../time.ts';
import styles from './Crud.module.css';
import { CrudActions } from './CrudActions.tsx';
import { CrudText } from './CrudText.tsx';
import { DeleteDialog } from './DeleteDialog.tsx';

interface Props {
  crud: CrudFieldsFragment;
  /** Shows the crud larger, as the subject of its page. */
  prominent?: boolean;
  /** Leaves out the link to the parent, because the page shows the parent anyway. */
  inThread?: boolean;
  /** Draws a line down to the reply that follows. */
  hasReplyBelow?: boolean;
  /** Replaces the dialog for a new reply. */
  onReply?: () => void;
  onDeleted?: () => void;
}

/** A crud or a reply as a card. */
export function Crud({ crud, prominent, inThread, hasReplyBelow, onReply, onDeleted }: Props) {
  const [, navigate] = useLocation();
  const [isDeleting, setIsDeleting] = useState(false);
  const { author, replyTo } = crud;
  const isPending = isOptimistic(crud.id);

  // A click anywhere on the card opens it. Keyboards and screen readers use the link on the time.
  const open = (event: MouseEvent) => {
    const onControl = (event.target as Element).closest('a, button, dialog');
    if (prominent || isPending || onControl || getSelection()?.toString()) return;
    navigate(paths.crud(crud.id));
  };

  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <article
      className={styles.crud}
      data-prominent={prominent}
      data-has-reply-below={hasReplyBelow}
      aria-busy={isPending}
      aria-label={`${plainName(author.displayName)}: ${crud.message}`}
      tabIndex={-1}
      onClick={open}
    >
      <Link href={paths.person(author.handle)} className={styles.avatar} tabIndex={-1} aria-hidden>
        <Avatar person={author} />
      </Link>
      <header className={styles.header}>
        <Link href={paths.person(author.handle)} className={styles.author}>
          <PersonName person={author} below={prominent} />
        </Link>
        <Times crud={crud} />
      </header>
      <div className={styles.body}>
        {replyTo && !inThread && (
          <p className={classNames('muted', styles.replyTo)}>
            Replying to{' '}
            <Link href={paths.crud(replyTo.id)}>
              <Handle person={replyTo.author} />
            </Link>
          </p>
        )}
        <CrudText className={styles.text} text={crud.message} />
        <CrudActions
          crud={crud}
          disabled={isPending}
          onDelete={() => setIsDeleting(true)}
          {...(onReply && { onReply })}
        />
      </div>
      {isDeleting && (
        <DeleteDialog
          crud={crud}
          onClose={() => setIsDeleting(false)}
          {...(onDeleted && { onDeleted })}
        />
      )}
    </article>
  );
}

function Times({ crud }: { crud: CrudFieldsFragment }) {
  const now = useNow();
  if (isOptimistic(crud.id))
    return <span className={classNames('muted', styles.times)}>sending…</span>;
  return (
    <span className={classNames('muted', styles.times)}>
      <Link href={paths.crud(crud.id)} data-key="open">
        <time dateTime={crud.createdAt} title={formatFull(crud.createdAt)}>
          {timeAgo(crud.createdAt, now)}
        </time>
      </Link>
      {crud.expiresAt && (
        <span
          className={styles.expiry}
          data-soon={isWithinAnHour(crud.expiresAt, now)}
          title={`Expires ${formatFull(crud.expiresAt)}`}
        >
          <Timer aria-hidden />
          <span className="visually-hidden">expires in </span>
          {timeLeft(crud.expiresAt, now)}
        </span>
      )}
    </span>
  );
}
