import { useApolloClient } from '@apollo/client/react';
import { Heart, type LucideIcon, MessageCircle, Repeat2, Trash2 } from 'lucide-react';

import { useCompose } from '../composer/compose.ts';
import type { CrudFieldsFragment } from '../gen/graphql.ts';
import { withErrorToast } from '../toast.ts';
import { useViewer } from '../viewer/viewer.ts';
import styles from './CrudActions.module.css';
import { toggleLike, toggleRepost } from './reactions.ts';

interface Props {
  crud: CrudFieldsFragment;
  disabled: boolean;
  onReply?: () => void;
  onDelete: () => void;
}

/** The buttons of a crud. Anonymous visitors only see the counts. */
export function CrudActions({ crud, disabled, onReply, onDelete }: Props) {
  const client = useApolloClient();
  const compose = useCompose();
  const viewer = useViewer();
  const isDisabled = disabled || !viewer;
  return (
    <div className={styles.actions}>
      <Action
        name="reply"
        label="Reply"
        icon={MessageCircle}
        count={crud.repliesCount}
        disabled={isDisabled}
        onClick={onReply ?? (() => compose({ replyTo: crud }))}
      />
      <Action
        name="repost"
        label="Repost"
        icon={Repeat2}
        count={crud.repostsCount}
        pressed={crud.viewerHasReposted}
        disabled={isDisabled}
        onClick={() => void withErrorToast(toggleRepost(client, crud))}
      />
      <Action
        name="like"
        label="Like"
        icon={Heart}
        count={crud.likesCount}
        pressed={crud.viewerHasLiked}
        disabled={isDisabled}
        onClick={() => void withErrorToast(toggleLike(client, crud))}
      />
      {crud.viewerCanDelete && (
        <Action
          name="delete"
          label="Delete"
          icon={Trash2}
          disabled={isDisabled}
          onClick={onDelete}
        />
      )}
    </div>
  );
}

interface ActionProps {
  /** The card action that a keyboard shortcut clicks. */
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
      className={styles.action}
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
