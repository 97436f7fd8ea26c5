import './SignIn.css';

import { LogOut } from 'lucide-react';
import { type SubmitEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';

import { CrudSkeletons } from '../crud/CrudSkeleton.tsx';
import { tell } from '../notice.ts';
import { paths } from '../paths.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { Empty } from '../shell/Empty.tsx';
import { Field } from '../shell/Field.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { useStore } from '../store.ts';
import { useViewer } from '../viewer/viewer.ts';
import { type DemoPerson, demoPeople, identity } from './identity.ts';
import { held, signIn, signOut } from './token.ts';

/** Where one becomes somebody, somebody else, or nobody. */
export function SignInPage() {
  const known = useStore(identity);
  const { token } = useStore(held);
  return (
    <>
      <PageHeader title={known?.mode === 'demo' ? 'Who are you?' : 'Sign in'} back>
        {token !== null && (
          <button className="button quiet" onClick={leave}>
            <LogOut aria-hidden /> Sign out
          </button>
        )}
      </PageHeader>
      {known?.mode === 'demo' && <DemoPeople viewer={known.viewer} />}
      {known?.mode === 'provider' && <TokenForm issuer={known.issuer} />}
    </>
  );
}

function leave() {
  signOut();
  tell('You are signed out.');
}

/** Everybody whom a demo knows, to act as. */
function DemoPeople({ viewer: byDefault }: { viewer: string | null }) {
  const viewer = useViewer();
  const [, navigate] = useLocation();
  const [people, setPeople] = useState<DemoPerson[]>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    demoPeople().then(setPeople, () => setFailed(true));
  }, []);

  const become = ({ token, displayName }: DemoPerson) => {
    navigate(paths.home);
    signIn(token);
    tell(`You are ${displayName} now.`);
  };

  if (failed) return <Empty title="That did not work">The people could not be loaded.</Empty>;
  return (
    <>
      <p className="sign-in-intro muted">
        This gateway is a demo: nobody proves who they are, and everybody may act as anybody.{' '}
        {byDefault === null
          ? 'Who picks nobody can only read.'
          : `Who picks nobody is @${byDefault}.`}
      </p>
      {people ? (
        <ul aria-label="People to act as">
          {people.map((person) => {
            const isViewer = person.handle === viewer?.user.handle;
            return (
              <li key={person.handle}>
                <button
                  className="sign-in-person"
                  aria-current={isViewer}
                  onClick={() => become(person)}
                >
                  <Avatar person={person} />
                  <span>
                    <strong>{person.displayName}</strong>
                    <span className="muted">@{person.handle}</span>
                  </span>
                  {isViewer && <span className="sign-in-you">you</span>}
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

/** For a token that the user has from their identity provider. */
function TokenForm({ issuer }: { issuer: string }) {
  const viewer = useViewer();
  const [, navigate] = useLocation();
  const [token, setToken] = useState('');
  if (viewer) {
    return (
      <Empty title={`You are ${viewer.user.displayName}`}>
        Signed in as @{viewer.user.handle}.
      </Empty>
    );
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim() === '') return;
    navigate(paths.home);
    signIn(token.trim().replace(/^bearer\s+/i, ''));
  };
  return (
    <form className="form sign-in-token" onSubmit={submit}>
      <p className="muted">People sign in here with tokens of {issuer}.</p>
      <Field label="Your token" refusal="">
        {(described) => (
          <textarea
            value={token}
            onChange={(event) => setToken(event.target.value)}
            rows={5}
            autoComplete="off"
            spellCheck={false}
            {...described}
          />
        )}
      </Field>
      <button className="button">Sign in</button>
    </form>
  );
}
