import './SignIn.css';

import { useMutation } from '@apollo/client/react';
import { type SubmitEvent, useState } from 'react';

import { RegisterDocument } from '../gen/graphql.ts';
import { reason, tell } from '../notice.ts';
import { Field, refusalOf } from '../shell/Field.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import { beginAgain, signOut } from './token.ts';

/** For somebody who is signed in and no user of Cruddur yet. */
export function RegisterPage() {
  const [handle, setHandle] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [register, { data, loading }] = useMutation(RegisterDocument);

  const refusals = data?.registerViewer.userErrors ?? [];
  const ofNoField = refusals.find(
    ({ path }) => !['handle', 'displayName'].includes(path.at(-1) ?? ''),
  );

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const { data } = await register({ variables: { input: { handle, displayName } } });
      const user = data?.registerViewer.user;
      if (!user) return;
      beginAgain();
      tell(`Welcome, ${user.displayName}.`);
    } catch (error) {
      tell(reason(error), 'bad');
    }
  };

  return (
    <>
      <PageHeader title="Welcome to Cruddur" />
      <form className="form register" onSubmit={(event) => void submit(event)}>
        <p className="muted">You are signed in, and nobody here yet. Who do you want to be?</p>
        <Field label="Handle" refusal={refusalOf('handle', refusals)}>
          {(described) => (
            <input
              value={handle}
              onChange={(event) => setHandle(event.target.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="What others @mention; it stays"
              {...described}
            />
          )}
        </Field>
        <Field label="Name" refusal={refusalOf('displayName', refusals)}>
          {(described) => (
            <input
              value={displayName}
              onChange={(event) => setDisplayName(event.target.value)}
              autoComplete="name"
              {...described}
            />
          )}
        </Field>
        {ofNoField && (
          <p className="refusals" role="alert">
            {ofNoField.message}
          </p>
        )}
        <div className="form-actions">
          <button className="button" disabled={loading}>
            Join
          </button>
          <button type="button" className="button quiet" onClick={signOut}>
            Sign out
          </button>
        </div>
      </form>
    </>
  );
}
