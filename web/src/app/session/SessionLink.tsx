import { FlaskConical, LogIn, LogOut } from 'lucide-react';
import { Link } from 'wouter';

import { classNames } from '../classNames.ts';
import { paths } from '../paths.ts';
import { useStore } from '../store.ts';
import { useViewer } from '../viewer/viewer.ts';
import { identity } from './identity.ts';
import styles from './SessionLink.module.css';

/** A link to the sign-in page: in the navigation, or as a button that only phones show. */
export function SessionLink({ variant }: { variant: 'navigation' | 'button' }) {
  const loaded = useStore(identity);
  const viewer = useViewer();
  if (!loaded || viewer === undefined) return null;
  const [Icon, label] =
    loaded.mode === 'demo'
      ? [FlaskConical, 'Demo: act as …']
      : viewer
        ? [LogOut, 'Sign out']
        : [LogIn, 'Sign in'];
  const className =
    variant === 'navigation' ? styles.link : classNames('button', 'quiet', styles.button);
  return (
    <Link href={paths.signIn} className={className} title={label}>
      <Icon aria-hidden />
      <span>{label}</span>
    </Link>
  );
}
