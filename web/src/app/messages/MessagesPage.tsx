import { useQuery } from '@apollo/client/react';

import { PAGE_SIZE } from '../cache.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { Feed } from '../feed/Feed.tsx';
import { ConversationsDocument } from '../gen/graphql.ts';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader, PaneHeader } from '../shell/PageHeader.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { Conversation } from './Conversation.tsx';
import conversationStyles from './Conversation.module.css';
import { ConversationCard } from './ConversationCard.tsx';
import styles from './MessagesPage.module.css';

/** The list of conversations beside the open one. Narrow windows show one of the two. */
export function MessagesPage({ handle }: { handle: string | undefined }) {
  const viewer = useViewer();
  if (viewer === null) {
    return (
      <>
        <PageHeader title="Messages" />
        <EmptyState title="Sign in first">Sign in to see your messages.</EmptyState>
      </>
    );
  }
  // New messages complete only lists that are loaded after the start cursors.
  if (!viewer) return <CrudSkeletons count={4} />;
  return (
    <div className={styles.panes} data-open={handle !== undefined}>
      <section className={styles.list} aria-label="Conversations">
        {handle === undefined ? <PageHeader title="Messages" /> : <PaneHeader title="Messages" />}
        <Conversations openHandle={handle} />
      </section>
      {handle === undefined ? (
        <div className={conversationStyles.conversation}>
          <div className={conversationStyles.placeholder}>
            <EmptyState title="Choose a conversation">
              To start a new one, use the Message button on a profile.
            </EmptyState>
          </div>
        </div>
      ) : (
        <Conversation key={handle} viewer={viewer} handle={handle} />
      )}
    </div>
  );
}

function Conversations({ openHandle }: { openHandle: string | undefined }) {
  const { data, error, fetchMore, refetch } = useQuery(ConversationsDocument, {
    variables: { first: PAGE_SIZE },
    // New messages keep this list up to date.
    fetchPolicy: 'cache-first',
    refetchWritePolicy: 'merge',
  });
  return (
    <Feed
      label="Conversations"
      connection={data?.viewer?.messageGroups}
      error={error}
      loadMore={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={
        <EmptyState title="No messages yet">
          To write to someone, use the Message button on their profile.
        </EmptyState>
      }
    >
      {(conversation) => (
        <ConversationCard
          conversation={conversation}
          isOpen={conversation.person.handle === openHandle}
        />
      )}
    </Feed>
  );
}
