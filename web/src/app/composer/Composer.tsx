import { useApolloClient } from '@apollo/client/react';
import { Timer } from 'lucide-react';
import { type Ref, useState } from 'react';

import type { ActivityTtl, CrudFieldsFragment } from '../gen/graphql.ts';
import { showToast } from '../toast.ts';
import { useViewer, type Viewer } from '../viewer/viewer.ts';
import styles from './Composer.module.css';
import { DraftForm } from './DraftForm.tsx';
import { postCrud, postReply } from './post.ts';
import { ttls } from './ttl.ts';
import { useDraft } from './useDraft.ts';

const CRUD_LIMIT = 280;
const REPLY_LIMIT = 1024;

interface Props {
  replyTo?: CrudFieldsFragment;
  size?: 'tall';
  autoFocus?: boolean;
  field?: Ref<HTMLTextAreaElement>;
  onPosted?: () => void;
}

/** The form for a new crud or a reply. Only signed-in users see it. */
export function Composer({ replyTo, ...props }: Props) {
  const viewer = useViewer();
  if (!viewer) return null;
  return replyTo ? (
    <ReplyComposer replyTo={replyTo} author={viewer.user} {...props} />
  ) : (
    <CrudComposer author={viewer.user} {...props} />
  );
}

type ComposerProps = Omit<Props, 'replyTo'> & { author: Viewer['user'] };

function CrudComposer({ author, onPosted, ...props }: ComposerProps) {
  const client = useApolloClient();
  const [ttl, setTtl] = useState<ActivityTtl>('SEVEN_DAYS');
  const draft = useDraft({
    limit: CRUD_LIMIT,
    variant: ttl,
    submit: (submission) => postCrud(client, { author, ...submission }, ttl),
    onSent() {
      showToast('Your crud is posted.');
      onPosted?.();
    },
  });
  return (
    <DraftForm
      draft={draft}
      author={author}
      label="New crud"
      fieldLabel="Your crud"
      placeholder="What's on your mind?"
      rows={3}
      button="Crud"
      {...props}
    >
      <label className={styles.ttl}>
        <Timer aria-hidden />
        <span className="visually-hidden">Expires after</span>
        <select value={ttl} onChange={(event) => setTtl(event.target.value as ActivityTtl)}>
          {Object.entries(ttls).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </DraftForm>
  );
}

function ReplyComposer({
  replyTo,
  author,
  onPosted,
  ...props
}: ComposerProps & { replyTo: CrudFieldsFragment }) {
  const client = useApolloClient();
  const draft = useDraft({
    limit: REPLY_LIMIT,
    submit: (submission) => postReply(client, { author, ...submission }, replyTo),
    onSent() {
      showToast('Your reply is posted.');
      onPosted?.();
    },
  });
  return (
    <DraftForm
      draft={draft}
      author={author}
      label="Reply"
      fieldLabel={`Your reply to @${replyTo.author.handle}`}
      placeholder="Write a reply"
      rows={2}
      button="Reply"
      {...props}
    />
  );
}
