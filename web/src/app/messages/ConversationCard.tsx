import { Link } from 'wouter';

import type { ConversationFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { ago, inFull, plural, useNow } from '../time.ts';

interface Props {
  conversation: ConversationFieldsFragment;
  isOpen: boolean;
}

/** With whom a conversation is, and what was said last; the whole card leads there. */
export function ConversationCard({ conversation, isOpen }: Props) {
  const now = useNow();
  const { person, lastMessage, unreadCount } = conversation;
  const isOwn = lastMessage.sender.id !== person.id;
  return (
    <article
      className="conversation-card"
      data-unread={unreadCount > 0}
      tabIndex={-1}
      aria-label={person.displayName}
    >
      <Avatar person={person} />
      <p className="conversation-person">
        <Link
          href={paths.conversation(person.handle)}
          className="card-link"
          aria-current={isOpen ? 'page' : undefined}
          data-key="open"
        >
          <strong>{person.displayName}</strong> <span className="muted">@{person.handle}</span>
        </Link>
      </p>
      <time
        className="muted"
        dateTime={lastMessage.createdAt}
        title={inFull(lastMessage.createdAt)}
      >
        {ago(lastMessage.createdAt, now)}
      </time>
      <p className="conversation-last muted">
        {isOwn && 'You: '}
        {lastMessage.message}
      </p>
      {unreadCount > 0 && (
        <span className="conversation-unread">
          <span aria-hidden>{unreadCount > 99 ? '99+' : unreadCount}</span>
          <span className="unseen">{plural(unreadCount, 'unread message')}</span>
        </span>
      )}
    </article>
  );
}
