import { useApolloClient, useQuery } from '@apollo/client/react';
import { useEffect, useEffectEvent } from 'react';
import { Link } from 'wouter';

import { PAGE } from '../cache.ts';
import { isUnsent } from '../composer/post.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { CrudText } from '../crud/CrudText.tsx';
import { NextPage } from '../feed/Feed.tsx';
import {
  ConversationDocument,
  type ConversationQuery,
  MarkMessagesReadDocument,
  type MessageFieldsFragment,
} from '../gen/graphql.ts';
import { reason } from '../notice.ts';
import { paths } from '../paths.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { ago, inFull, useNow } from '../time.ts';
import { MessageComposer } from './MessageComposer.tsx';

type Group = NonNullable<NonNullable<ConversationQuery['viewer']>['messageGroup']>;

/** What the viewer and somebody wrote to each other, and where to write more. */
export function Conversation({ handle }: { handle: string }) {
  const { data, error, fetchMore, refetch } = useQuery(ConversationDocument, {
    variables: { handle, last: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
    refetchWritePolicy: 'merge',
  });
  useMarkRead(data?.viewer?.messageGroup, () => void refetch().catch(() => undefined));

  const person = data?.user;
  const group = data?.viewer?.messageGroup;
  return (
    <section className="conversation" aria-label={`Conversation with @${handle}`}>
      <PageHeader title={person?.displayName ?? `@${handle}`} back>
        {person && (
          <Link href={paths.person(person.handle)} className="button quiet">
            Profile
          </Link>
        )}
      </PageHeader>
      {!data ? (
        error ? (
          <Empty title="That did not work">
            <p>{reason(error)}</p>
            <button className="button quiet" onClick={() => void refetch().catch(() => undefined)}>
              Try again
            </button>
          </Empty>
        ) : (
          <CrudSkeletons count={4} />
        )
      ) : !person ? (
        <Empty title={`Nobody is called @${handle}`}>Handles tell upper from lower case.</Empty>
      ) : person.isViewer ? (
        <Empty title="This is you">Messages go to other people.</Empty>
      ) : (
        <>
          {group ? (
            <Messages group={group} more={(before) => fetchMore({ variables: { before } })} />
          ) : (
            <Empty title="Nothing said yet">
              Your first message to {person.displayName} begins the conversation.
            </Empty>
          )}
          <MessageComposer to={person} groupId={group?.id} />
        </>
      )}
    </section>
  );
}

interface MessagesProps {
  group: Group;
  more: (before: string | null) => Promise<unknown>;
}

/** The messages, the newest at the bottom. Scrolling up to the oldest loads those before it. */
function Messages({ group, more }: MessagesProps) {
  const { edges, pageInfo } = group.messages;
  return (
    <div
      className="messages-scroll"
      role="log"
      aria-label={`Messages with ${group.person.displayName}`}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls, so keys must reach it
      tabIndex={0}
    >
      <div>
        {pageInfo.hasPreviousPage && (
          <NextPage key={pageInfo.startCursor} load={() => more(pageInfo.startCursor)} />
        )}
        <ul className="message-list">
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
    <li className="message" data-own={isOwn} aria-busy={isUnsent(message.id)}>
      <span className="unseen">{isOwn ? 'You' : message.sender.displayName}: </span>
      <CrudText text={message.message} />
      <time className="muted" dateTime={message.createdAt} title={inFull(message.createdAt)}>
        {ago(message.createdAt, now)}
      </time>
    </li>
  );
}

/** Marks what is on the screen as read. Where the list of conversations knows more, asks for it. */
function useMarkRead(group: Group | null | undefined, refetch: () => void): void {
  const client = useApolloClient();
  const shown = group?.messages.edges.at(-1)?.node.id;
  const newest = group?.lastMessage.id;
  const unread = group?.unreadCount ?? 0;
  const mark = useEffectEvent(() => {
    if (document.hidden || unread === 0 || !shown || isUnsent(shown)) return;
    if (shown !== newest) {
      refetch();
      return;
    }
    const variables = { input: { upToId: shown } };
    client.mutate({ mutation: MarkMessagesReadDocument, variables }).catch(() => undefined);
  });
  useEffect(() => mark(), [shown, newest, unread]);
  useEffect(() => {
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, []);
}
