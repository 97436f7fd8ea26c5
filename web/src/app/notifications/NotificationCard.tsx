import {
  AtSign,
  Heart,
  type LucideIcon,
  Mail,
  MessageCircle,
  Repeat2,
  UserPlus,
} from 'lucide-react';
import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import type { NotificationFieldsFragment, NotificationKind } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { DisplayName, Handle } from '../profile/PersonName.tsx';
import { formatFull, timeAgo, useNow } from '../time.ts';
import styles from './NotificationCard.module.css';

const kinds: Record<NotificationKind, { icon: LucideIcon; text: string }> = {
  REPLY: { icon: MessageCircle, text: 'replied to you' },
  LIKE: { icon: Heart, text: 'liked your crud' },
  REPOST: { icon: Repeat2, text: 'reposted your crud' },
  MENTION: { icon: AtSign, text: 'mentioned you' },
  FOLLOW: { icon: UserPlus, text: 'follows you' },
  MESSAGE: { icon: Mail, text: 'sent you a message' },
};

/** Who did what, and to which crud. The whole card links to it. */
export function NotificationCard({ notification }: { notification: NotificationFieldsFragment }) {
  const now = useNow();
  const { kind, actor, activity, createdAt, readAt } = notification;
  const { icon: Icon, text } = kinds[kind];
  return (
    <article
      className={styles.card}
      data-kind={kind}
      data-unread={readAt === null}
      tabIndex={-1}
      aria-label={`${plainName(actor.displayName)} ${text}`}
    >
      <span className={styles.icon}>
        <Icon aria-hidden />
      </span>
      <Avatar person={actor} />
      <div className={styles.body}>
        <p>
          <Link href={destination(notification)} className="card-link" data-key="open">
            <strong>
              <DisplayName person={actor} />
            </strong>{' '}
            {text} <Handle person={actor} className="muted" />
          </Link>{' '}
          <time className="muted" dateTime={createdAt} title={formatFull(createdAt)}>
            {timeAgo(createdAt, now)}
          </time>
          {readAt === null && <span className="visually-hidden"> unread</span>}
        </p>
        {activity && (
          <p className={classNames('muted', styles.excerpt)}>
            <bdi>{activity.message}</bdi>
          </p>
        )}
      </div>
    </article>
  );
}

function destination({ kind, actor, activity }: NotificationFieldsFragment): string {
  if (kind === 'MESSAGE') return paths.conversation(actor.handle);
  return activity ? paths.crud(activity.id) : paths.person(actor.handle);
}
