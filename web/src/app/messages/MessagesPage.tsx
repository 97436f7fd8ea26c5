import './Messages.css';

import { useQuery } from '@apollo/client/react';

import { PAGE } from '../cache.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { Feed } from '../feed/Feed.tsx';
import { ConversationsDocument } from '../gen/graphql.ts';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { Conversation } from './Conversation.tsx';
import { ConversationCard } from './ConversationCard.tsx';

/** The conversations, and one of them beside the list; narrow windows show one at a time. */
export function MessagesPage({ handle }: { handle: string | undefined }) {
  const viewer = useViewer();
  if (viewer === null) {
    return (
      <>
        <PageHeader title="Messages" />
        <Empty title="Sign in first">Then what you and others wrote to each other is here.</Empty>
      </>
    );
  }
  // What arrives completes only what is loaded after the visit began.
  if (!viewer) return <CrudSkeletons count={4} />;
  return (
    <div className="messages" data-open={handle !== undefined}>
      <section className="conversations" aria-label="Conversations">
        {handle === undefined ? (
          <PageHeader title="Messages" />
        ) : (
          <div className="page-header">
            <div className="page-title">
              <h2>Messages</h2>
            </div>
          </div>
        )}
        <Conversations open={handle} />
      </section>
      {handle === undefined ? (
        <div className="conversation">
          <Empty title="Pick a conversation">
            A new one begins with the Message button on somebody’s profile.
          </Empty>
        </div>
      ) : (
        <Conversation key={handle} handle={handle} />
      )}
    </div>
  );
}

function Conversations({ open }: { open: string | undefined }) {
  const { data, error, fetchMore, refetch } = useQuery(ConversationsDocument, {
    variables: { first: PAGE },
    refetchWritePolicy: 'merge',
  });
  return (
    <Feed
      label="Conversations"
      connection={data?.viewer?.messageGroups}
      error={error}
      more={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={
        <Empty title="No messages yet">
          Write to somebody with the Message button on their profile.
        </Empty>
      }
    >
      {(conversation) => (
        <ConversationCard
          conversation={conversation}
          isOpen={conversation.person.handle === open}
        />
      )}
    </Feed>
  );
}
