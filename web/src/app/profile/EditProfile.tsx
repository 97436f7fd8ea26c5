import { useMutation } from '@apollo/client/react';
import { type SubmitEvent, useState } from 'react';

import { EditProfileDocument, type ProfileFieldsFragment } from '../gen/graphql.ts';
import { Dialog, DialogActions } from '../shell/Dialog.tsx';
import { fieldError, FormField } from '../shell/FormField.tsx';
import { errorMessage, showToast } from '../toast.ts';

interface Props {
  person: ProfileFieldsFragment;
  onClose: () => void;
}

export function EditProfile({ person, onClose }: Props) {
  const [displayName, setDisplayName] = useState(person.displayName);
  const [bio, setBio] = useState(person.bio ?? '');
  const [save, { data, loading }] = useMutation(EditProfileDocument);

  const userErrors = data?.updateProfile.userErrors ?? [];

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const { data } = await save({
        variables: { input: { displayName, bio: bio === '' ? null : bio } },
      });
      if (!data?.updateProfile.user) return;
      showToast('Your profile is saved.');
      onClose();
    } catch (error) {
      showToast(errorMessage(error), 'error');
    }
  };

  return (
    <Dialog title="Edit profile" onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)}>
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
        <FormField label="About you" error={fieldError('bio', userErrors)}>
          {(control) => (
            <textarea
              value={bio}
              onChange={(event) => setBio(event.target.value)}
              rows={5}
              {...control}
            />
          )}
        </FormField>
        <DialogActions>
          <button type="button" className="button quiet" onClick={onClose}>
            Cancel
          </button>
          <button className="button" disabled={loading}>
            Save
          </button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
