import { LogOut } from 'lucide-react';
import { type SubmitEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';

import { classNames } from '../classNames.ts';
import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { paths } from '../paths.ts';
import { plainName } from '../plainName.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { Handle, PersonName } from '../profile/PersonName.tsx';
import { EmptyState } from '../shell/EmptyState.tsx';
import { ErrorState } from '../shell/ErrorState.tsx';
import { FormField } from '../shell/FormField.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { useStore } from '../store.ts';
import { showToast } from '../toast.ts';
import { useViewer } from '../viewer/viewer.ts';
import { type DemoPerson, fetchDemoPeople, identity } from './identity.ts';
import { sessionToken, signIn, signOut } from './sessionToken.ts';
import styles from './SignInPage.module.css';

/** Signs the user in or out, or switches between the people of a demo. */
export function SignInPage() {
  const loaded = useStore(identity);
  const token = useStore(sessionToken).value;
  return (
    <>
      <PageHeader title={loaded?.mode === 'demo' ? 'Who are you?' : 'Sign in'} back="always">
        {token !== null && (
          <button className="button quiet" onClick={leave}>
            <LogOut aria-hidden /> Sign out
          </button>
        )}
      </PageHeader>
      {loaded?.mode === 'demo' && <DemoPeople defaultViewer={loaded.viewer} />}
      {loaded?.mode === 'provider' && <TokenForm issuer={loaded.issuer} />}
    </>
  );
}

function leave() {
  signOut();
  showToast('You are signed out.');
}

/** The people of a demo, to act as one of them. */
function DemoPeople({ defaultViewer }: { defaultViewer: string | null }) {
  const viewer = useViewer();
  const [, navigate] = useLocation();
  const [people, setPeople] = useState<DemoPerson[]>();
  const [error, setError] = useState<unknown>();
  const load = () => fetchDemoPeople().then(setPeople, setError);
  useEffect(() => void load(), []);

  const actAs = ({ token, displayName }: DemoPerson) => {
    navigate(paths.home);
    signIn(token);
    showToast(`You are now ${plainName(displayName)}.`);
  };
  const retry = () => {
    setError(undefined);
    void load();
  };

  if (error !== undefined) return <ErrorState error={error} onRetry={retry} />;
  return (
    <>
      <p className={classNames('muted', styles.intro)}>
        This gateway is a demo: anyone can act as anyone, without signing in.{' '}
        {defaultViewer === null
          ? 'Without choosing someone you can only read.'
          : `Without choosing someone you are @${defaultViewer}.`}
      </p>
      {people ? (
        <ul aria-label="People to act as">
          {people.map((person) => {
            const isViewer = person.handle === viewer?.user.handle;
            return (
              <li key={person.handle}>
                <button
                  className={styles.person}
                  aria-current={isViewer}
                  onClick={() => actAs(person)}
                >
                  <Avatar person={person} />
                  <PersonName person={person} below />
                  {isViewer && <span className={styles.you}>you</span>}
                </button>
              </li>
            );
          })}
        </ul>
      ) : (
        <CrudSkeletons count={5} />
      )}
    </>
  );
}

/** A form for a token that the user got from their identity provider. */
function TokenForm({ issuer }: { issuer: string }) {
  const viewer = useViewer();
  const [, navigate] = useLocation();
  const [token, setToken] = useState('');
  if (viewer) {
    return (
      <EmptyState title={`You are ${plainName(viewer.user.displayName)}`}>
        <p>
          Signed in as <Handle person={viewer.user} />.
        </p>
      </EmptyState>
    );
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim() === '') return;
    navigate(paths.home);
    signIn(token.trim().replace(/^bearer\s+/i, ''));
  };
  return (
    <form className={classNames('form', styles.form)} onSubmit={submit}>
      <p className="muted">Sign in with a token from {issuer}.</p>
      <FormField label="Your token">
        {(control) => (
          <textarea
            value={token}
            onChange={(event) => setToken(event.target.value)}
            rows={5}
            autoComplete="off"
            spellCheck={false}
            {...control}
          />
        )}
      </FormField>
      <button className="button">Sign in</button>
    </form>
  );
}
