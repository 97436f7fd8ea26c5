import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';

import { classNames } from '../classNames.ts';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Handle } from '../profile/PersonName.tsx';
import { useViewer } from '../viewer/viewer.ts';
import styles from './PageHeader.module.css';

interface Props {
  title: string;
  /** Shows a handle after a title that is a display name, because other people can have the same name. */
  handle?: string | undefined;
  /** Shows a button that goes back: always, or in windows that show one pane at a time. */
  back?: 'always' | 'narrow';
  children?: ReactNode;
}

/** The top of each page, which also names the browser's tab. */
export function PageHeader({ title, handle, back, children }: Props) {
  const unread = useViewer()?.unreadNotificationsCount ?? 0;
  const [, navigate] = useLocation();
  return (
    <div className={styles.header}>
      <title>{`${unread > 0 ? `(${unread}) ` : ''}${plainName(title)} · Cruddur`}</title>
      <div className={styles.title}>
        {back && (
          <button
            className="icon-button"
            aria-label="Back"
            data-back={back}
            onClick={() => (history.length > 1 ? history.back() : navigate(paths.home))}
          >
            <ArrowLeft aria-hidden />
          </button>
        )}
        <h1>
          <bdi>{title}</bdi>
        </h1>
        {handle !== undefined && (
          <span className={classNames('muted', styles.handle)}>
            <Handle person={{ handle }} />
          </span>
        )}
      </div>
      {children}
    </div>
  );
}

/** The top of a pane beside the page's own header. */
export function PaneHeader({ title }: { title: string }) {
  return (
    <div className={styles.header}>
      <div className={styles.title}>
        <h2>{title}</h2>
      </div>
    </div>
  );
}
