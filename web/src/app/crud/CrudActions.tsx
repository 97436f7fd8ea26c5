import './CrudActions.css';

import { useApolloClient } from '@apollo/client/react';
import { Heart, type LucideIcon, MessageCircle, Repeat2, Trash2 } from 'lucide-react';

import { useCompose } from '../composer/compose.ts';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { attempt } from '../notice.ts';
import { useViewer } from '../viewer/viewer.ts';
import { toggleLike, toggleRepost } from './reactions.ts';

interface Props {
  crud: CrudFieldsFragment;
  disabled: boolean;
  onReply?: () => void;
  onDelete: () => void;
}

/** What one can do to a crud. Visitors who are not signed in only see the counts. */
export function CrudActions({ crud, disabled, onReply, onDelete }: Props) {
  const client = useApolloClient();
  const compose = useCompose();
  const viewer = useViewer();
  const off = disabled || !viewer;
  return (
    <div className="crud-actions">
      <Action
        name="reply"
        label="Reply"
        icon={MessageCircle}
        count={crud.repliesCount}
        disabled={off}
        onClick={onReply ?? (() => compose({ replyTo: crud }))}
      />
      <Action
        name="repost"
        label="Repost"
        icon={Repeat2}
        count={crud.repostsCount}
        pressed={crud.viewerHasReposted}
        disabled={off}
        onClick={() => void attempt(toggleRepost(client, crud))}
      />
      <Action
        name="like"
        label="Like"
        icon={Heart}
        count={crud.likesCount}
        pressed={crud.viewerHasLiked}
        disabled={off}
        onClick={() => void attempt(toggleLike(client, crud))}
      />
      {crud.viewerCanDelete && (
        <Action name="delete" label="Delete" icon={Trash2} disabled={off} onClick={onDelete} />
      )}
    </div>
  );
}

interface ActionProps {
  name: string;
  label: string;
  icon: LucideIcon;
  count?: number;
  pressed?: boolean;
  disabled: boolean;
  onClick: () => void;
}

function Action({ name, label, icon: Icon, count, pressed, disabled, onClick }: ActionProps) {
  return (
    <button
      className="crud-action"
      data-key={name}
      aria-pressed={pressed}
      aria-label={count === undefined ? label : `${label}, ${count}`}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon aria-hidden />
      {count !== undefined && count > 0 && <span>{count}</span>}
    </button>
  );
}
