import './PageHeader.css';

import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';

import { paths } from '../paths.ts';
import { useViewer } from '../viewer/viewer.ts';

interface Props {
  title: string;
  /** Whether the page lies behind another one, to which an arrow leads back. */
  back?: boolean;
  children?: ReactNode;
}

/** The top of each page, which also names the browser's tab. */
export function PageHeader({ title, back, children }: Props) {
  const unread = useViewer()?.unreadNotificationsCount ?? 0;
  const [, navigate] = useLocation();
  return (
    <div className="page-header">
      <title>{`${unread > 0 ? `(${unread}) ` : ''}${title} · Cruddur`}</title>
      <div className="page-title">
        {back && (
          <button
            className="icon-button"
            aria-label="Back"
            onClick={() => (history.length > 1 ? history.back() : navigate(paths.home))}
          >
            <ArrowLeft aria-hidden />
          </button>
        )}
        <h1>{title}</h1>
      </div>
      {children}
    </div>
  );
}
