import { type KeyboardEvent, type ReactNode, type Ref, type SubmitEvent, useId } from 'react';

import { Avatar } from '../profile/Avatar.tsx';
import type { Viewer } from '../viewer/viewer.ts';
import styles from './DraftForm.module.css';
import { Remaining } from './Remaining.tsx';
import type { Draft } from './useDraft.ts';

interface Props {
  draft: Draft;
  /** Names the form. */
  label: string;
  /** Names the text area. */
  fieldLabel: string;
  placeholder: string;
  /** The content of the button that sends. */
  button: ReactNode;
  /** The author, whose avatar is beside the text area. */
  author?: Viewer['user'];
  rows: number;
  /** A `tall` text area fills a dialog; a `small` one is for short messages. */
  size?: 'tall' | 'small' | undefined;
  autoFocus?: boolean | undefined;
  field?: Ref<HTMLTextAreaElement> | undefined;
  /** More inputs, before the character count. */
  children?: ReactNode;
}

/** A text area with its errors, its character count and the button that sends. */
export function DraftForm({
  draft,
  label,
  fieldLabel,
  placeholder,
  button,
  author,
  rows,
  size,
  autoFocus,
  field,
  children,
}: Props) {
  const ids = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    draft.send();
  };
  const sendOnShortcut = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) draft.send();
  };
  return (
    <form className={styles.form} data-size={size} aria-label={label} onSubmit={submit}>
      {author && <Avatar person={author} />}
      <div>
        <textarea
          ref={field}
          autoFocus={autoFocus}
          value={draft.message}
          onChange={(event) => draft.edit(event.target.value)}
          onKeyDown={sendOnShortcut}
          placeholder={placeholder}
          aria-label={fieldLabel}
          aria-invalid={draft.userErrors.length > 0}
          aria-describedby={`${ids}errors ${ids}remaining`}
          rows={rows}
        />
        <p className="form-error" id={`${ids}errors`} role="alert">
          {draft.userErrors.map(({ message }) => message).join(' ')}
        </p>
        <div className={styles.footer}>
          {children}
          <Remaining id={`${ids}remaining`} remaining={draft.remaining} limit={draft.limit} />
          <button className="button" disabled={draft.isSending}>
            {button}
          </button>
        </div>
      </div>
    </form>
  );
}
