import { useApolloClient, useQuery } from '@apollo/client/react';
import { useEffect, useEffectEvent } from 'react';
import { Link } from 'wouter';

import { PAGE_SIZE } from '../cache.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudText } from '../crud/CrudText.tsx';
import { LoadMore } from '../feed/LoadMore.tsx';
import {
  ConversationDocument,
  type ConversationQuery,
  MarkMessagesReadDocument,
  type MessageFieldsFragment,
} from '../gen/graphql.ts';
import { isOptimistic } from '../optimistic.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { NoSuchPerson } from '../profile/NoSuchPerson.tsx';
import { DisplayName } from '../profile/PersonName.tsx';
import { EmptyState } from '../shell/EmptyState.tsx';
import { ErrorState } from '../shell/ErrorState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { formatFull, timeAgo, useNow } from '../time.ts';
import { refetchViewer, type Viewer } from '../viewer/viewer.ts';
import styles from './Conversation.module.css';
import { MessageComposer } from './MessageComposer.tsx';

type Group = NonNullable<NonNullable<ConversationQuery['viewer']>['messageGroup']>;

interface Props {
  viewer: Viewer;
  handle: string;
}

/** The viewer's messages with another user, and the form for a new one. */
export function Conversation({ viewer, handle }: Props) {
  const { data, error, fetchMore, refetch } = useQuery(ConversationDocument, {
    variables: { handle, last: PAGE_SIZE },
    refetchWritePolicy: 'merge',
  });
  const retry = () => void refetch().catch(() => undefined);
  useMarkRead(data?.viewer?.messageGroup, retry);

  const person = data?.user;
  const group = data?.viewer?.messageGroup;
  const placeholder = !data ? (
    error ? (
      <ErrorState error={error} onRetry={retry} />
    ) : (
      <CrudSkeletons count={4} />
    )
  ) : !person ? (
    <NoSuchPerson handle={handle} />
  ) : person.isViewer ? (
    <EmptyState title="This is you">You can only send messages to other people.</EmptyState>
  ) : !group ? (
    <EmptyState title="No messages yet">
      <p>
        Your first message to <DisplayName person={person} /> starts the conversation.
      </p>
    </EmptyState>
  ) : null;

  return (
    <section className={styles.conversation} aria-label={`Conversation with @${handle}`}>
      <PageHeader title={person?.displayName ?? `@${handle}`} handle={person?.handle} back="narrow">
        {person && (
          <Link href={paths.person(person.handle)} className="button quiet">
            Profile
          </Link>
        )}
      </PageHeader>
      {placeholder && <div className={styles.placeholder}>{placeholder}</div>}
      {group && (
        <Messages group={group} loadMore={(before) => fetchMore({ variables: { before } })} />
      )}
      {person && !person.isViewer && (
        <div className={styles.composer}>
          <MessageComposer from={viewer.user} to={person} groupId={group?.id} />
        </div>
      )}
    </section>
  );
}

interface MessagesProps {
  group: Group;
  loadMore: (before: string | null) => Promise<unknown>;
}

/** The messages, newest at the bottom. Scrolling up loads older ones. */
function Messages({ group, loadMore }: MessagesProps) {
  const { edges, pageInfo } = group.messages;
  return (
    <div
      className={styles.scroll}
      role="log"
      aria-label={`Messages with ${plainName(group.person.displayName)}`}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the keyboard must reach it to scroll
      tabIndex={0}
    >
      <div>
        {pageInfo.hasPreviousPage && (
          <LoadMore key={pageInfo.startCursor} load={() => loadMore(pageInfo.startCursor)} />
        )}
        <ul className={styles.messages}>
          {edges.map(({ node }) => (
            <Message key={node.id} message={node} isOwn={node.sender.id !== group.person.id} />
          ))}
        </ul>
      </div>
    </div>
  );
}

function Message({ message, isOwn }: { message: MessageFieldsFragment; isOwn: boolean }) {
  const now = useNow();
  return (
    <li className={styles.message} data-own={isOwn} aria-busy={isOptimistic(message.id)}>
      <span className="visually-hidden">
        {isOwn ? 'You' : plainName(message.sender.displayName)}:{' '}
      </span>
      <CrudText className={styles.text} text={message.message} />
      <time className="muted" dateTime={message.createdAt} title={formatFull(message.createdAt)}>
        {timeAgo(message.createdAt, now)}
      </time>
    </li>
  );
}

/**
 * Marks the messages on the screen as read. If the list of conversations has a newer message than
 * the screen, fetches the conversation first.
 */
function useMarkRead(group: Group | null | undefined, refetch: () => void): void {
  const client = useApolloClient();
  const shown = group?.messages.edges.at(-1)?.node.id;
  const newest = group?.lastMessage.id;
  const unread = group?.unreadCount ?? 0;
  const markRead = useEffectEvent(() => {
    if (document.hidden || unread === 0 || !shown || isOptimistic(shown)) return;
    if (shown !== newest) {
      refetch();
      return;
    }
    const variables = { input: { upToId: shown } };
    client.mutate({ mutation: MarkMessagesReadDocument, variables }).then(
      () => refetchViewer(client),
      () => undefined,
    );
  });
  useEffect(() => markRead(), [shown, newest, unread]);
  useEffect(() => {
    document.addEventListener('visibilitychange', markRead);
    return () => document.removeEventListener('visibilitychange', markRead);
  }, []);
}
