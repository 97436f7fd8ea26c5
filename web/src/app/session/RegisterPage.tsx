import { useMutation } from '@apollo/client/react';
import { type SubmitEvent, useState } from 'react';

import { classNames } from '../classNames.ts';
import { RegisterDocument } from '../gen/graphql.ts';
import { fieldError, FormField } from '../shell/FormField.tsx';
import { plainName } from '../plainName.ts';
import { PageHeader } from '../shell/PageHeader.tsx';
import { errorMessage, showToast } from '../toast.ts';
import styles from './RegisterPage.module.css';
import { restartSession, signOut } from './sessionToken.ts';

/** Registers a viewer whose token is valid but who has no profile yet. */
export function RegisterPage() {
  const [handle, setHandle] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [register, { data, loading }] = useMutation(RegisterDocument);

  const userErrors = data?.registerViewer.userErrors ?? [];
  const otherError = userErrors.find(
    ({ path }) => !['handle', 'displayName'].includes(path.at(-1) ?? ''),
  );

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const { data } = await register({ variables: { input: { handle, displayName } } });
      const user = data?.registerViewer.user;
      if (!user) return;
      restartSession();
      showToast(`Welcome, ${plainName(user.displayName)}.`);
    } catch (error) {
      showToast(errorMessage(error), 'error');
    }
  };

  return (
    <>
      <PageHeader title="Welcome to Cruddur" />
      <form className={classNames('form', styles.form)} onSubmit={(event) => void submit(event)}>
        <p className="muted">You're signed in but have no profile yet.</p>
        <FormField label="Handle" error={fieldError('handle', userErrors)}>
          {(control) => (
            <input
              value={handle}
              onChange={(event) => setHandle(event.target.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="For @mentions; you can't change it"
              {...control}
            />
          )}
        </FormField>
        <FormField label="Name" error={fieldError('displayName', userErrors)}>
          {(control) => (
            <input
              value={displayName}
              onChange={(event) => setDisplayName(event.target.value)}
              autoComplete="name"
              {...control}
            />
          )}
        </FormField>
        {otherError && (
          <p className="form-error" role="alert">
            {otherError.message}
          </p>
        )}
        <div className={styles.actions}>
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
