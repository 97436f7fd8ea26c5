import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';

import styles from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  /** Shown between the title and the content, with its own padding. */
  intro?: ReactNode;
  children: ReactNode;
}

/** A modal dialog. Escape, the close button and a click on the backdrop close it. */
export function Dialog({ title, onClose, intro, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // The browser already closes a modal dialog on Escape.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      <header className={styles.header}>
        <h2 id={heading}>{title}</h2>
        <button className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <X aria-hidden />
        </button>
      </header>
      {intro}
      <div className={styles.content}>{children}</div>
    </dialog>
  );
}

/** The row of buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
