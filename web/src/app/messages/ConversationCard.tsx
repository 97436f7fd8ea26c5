import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import type { ConversationFieldsFragment } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { PersonName } from '../profile/PersonName.tsx';
import { timeAgo, formatFull, plural, useNow } from '../time.ts';
import styles from './ConversationCard.module.css';

interface Props {
  conversation: ConversationFieldsFragment;
  isOpen: boolean;
}

/** The other person of a conversation and its last message. The whole card links to it. */
export function ConversationCard({ conversation, isOpen }: Props) {
  const now = useNow();
  const { person, lastMessage, unreadCount } = conversation;
  const isOwn = lastMessage.sender.id !== person.id;
  return (
    <article
      className={styles.card}
      data-open={isOpen}
      data-unread={unreadCount > 0}
      tabIndex={-1}
      aria-label={plainName(person.displayName)}
    >
      <Avatar className={styles.avatar} person={person} />
      <p className={styles.person}>
        <Link
          href={paths.conversation(person.handle)}
          className="card-link"
          aria-current={isOpen ? 'page' : undefined}
          data-key="open"
        >
          <PersonName person={person} />
        </Link>
      </p>
      <time
        className="muted"
        dateTime={lastMessage.createdAt}
        title={formatFull(lastMessage.createdAt)}
      >
        {timeAgo(lastMessage.createdAt, now)}
      </time>
      <p className={classNames(styles.lastMessage, 'muted')}>
        {isOwn && 'You: '}
        <bdi>{lastMessage.message}</bdi>
      </p>
      {unreadCount > 0 && (
        <span className={styles.badge}>
          <span aria-hidden>{unreadCount > 99 ? '99+' : unreadCount}</span>
          <span className="visually-hidden">{plural(unreadCount, 'unread message')}</span>
        </span>
      )}
    </article>
  );
}
