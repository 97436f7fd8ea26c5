import './SignIn.css';

import { FlaskConical, LogIn, LogOut } from 'lucide-react';
import { Link } from 'wouter';

import { paths } from '../paths.ts';
import { useStore } from '../store.ts';
import { useViewer } from '../viewer/viewer.ts';
import { identity } from './identity.ts';

/** Says in a quiet place how one came in, and leads to where that can be changed. */
export function SessionLink({ className = 'session-link' }: { className?: string }) {
  const known = useStore(identity);
  const viewer = useViewer();
  if (!known || viewer === undefined) return null;
  const [Icon, label] =
    known.mode === 'demo'
      ? [FlaskConical, 'Demo: act as …']
      : viewer
        ? [LogOut, 'Sign out']
        : [LogIn, 'Sign in'];
  return (
    <Link href={paths.signIn} className={className} title={label}>
      <Icon aria-hidden />
      <span className="label">{label}</span>
    </Link>
  );
}
