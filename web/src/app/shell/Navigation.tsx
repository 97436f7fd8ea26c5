import {
  Bell,
  House,
  LogIn,
  type LucideIcon,
  Mail,
  PenLine,
  Search,
  UserRound,
} from 'lucide-react';
import { Link, useLocation } from 'wouter';

import logo from '../../favicon.svg';
import { classNames } from '../classNames.ts';
import { useCompose } from '../composer/compose.ts';
import { paths } from '../paths.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { PersonName } from '../profile/PersonName.tsx';
import { SessionLink } from '../session/SessionLink.tsx';
import { plural } from '../time.ts';
import { useViewer } from '../viewer/viewer.ts';
import styles from './Navigation.module.css';

interface Props {
  /** Whether phones show the button for a new crud, which floats over the page. */
  hasFloatingButton: boolean;
}

export function Navigation({ hasFloatingButton }: Props) {
  const viewer = useViewer();
  const compose = useCompose();
  return (
    <header className={styles.navigation}>
      <Link href={paths.home} className={styles.wordmark}>
        <img src={logo} alt="" width="36" height="36" />
        <span>Cruddur</span>
      </Link>
      <nav aria-label="Main">
        <Item href={paths.home} also={paths.following} icon={House} label="Home" />
        <Item href={paths.search()} icon={Search} label="Search" />
        {viewer && (
          <>
            <Item
              href={paths.notifications}
              icon={Bell}
              label="Notifications"
              unread={viewer.unreadNotificationsCount}
              noun="unread notification"
            />
            <Item
              href={paths.messages}
              icon={Mail}
              label="Messages"
              unread={viewer.unreadMessagesCount}
              noun="unread message"
            />
            <Item href={paths.person(viewer.user.handle)} icon={UserRound} label="Profile" />
          </>
        )}
        {viewer === null && <Item href={paths.signIn} icon={LogIn} label="Sign in" />}
      </nav>
      {viewer && (
        <button
          className={classNames('button', styles.compose)}
          data-floats={hasFloatingButton}
          onClick={() => compose({})}
        >
          <PenLine aria-hidden />
          <span>New crud</span>
        </button>
      )}
      <div className={styles.foot}>
        <SessionLink variant="navigation" />
        {viewer && (
          <Link href={paths.person(viewer.user.handle)} className={styles.me}>
            <Avatar person={viewer.user} />
            <PersonName person={viewer.user} below />
          </Link>
        )}
      </div>
    </header>
  );
}

interface ItemProps {
  href: string;
  also?: string;
  icon: LucideIcon;
  label: string;
  unread?: number;
  noun?: string;
}

function Item({ href, also, icon: Icon, label, unread = 0, noun = '' }: ItemProps) {
  const [location] = useLocation();
  const isCurrent = location === href || location === also || location.startsWith(`${href}/`);
  const badge = unread > 99 ? '99+' : `${unread}`;
  return (
    <Link href={href} aria-current={isCurrent ? 'page' : undefined}>
      <span className={styles.icon}>
        <Icon aria-hidden />
        {unread > 0 && (
          <span className={styles.badge}>
            <span aria-hidden>{badge}</span>
            <span className="visually-hidden">{plural(unread, noun)}</span>
          </span>
        )}
      </span>
      <span className={styles.label}>{label}</span>
    </Link>
  );
}
