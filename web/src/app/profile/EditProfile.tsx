import { useMutation } from '@apollo/client/react';
import { type SubmitEvent, useState } from 'react';

import { EditProfileDocument, type ProfileFieldsFragment } from '../gen/graphql.ts';
import { reason, tell } from '../notice.ts';
import { Dialog } from '../shell/Dialog.tsx';
import { Field, refusalOf } from '../shell/Field.tsx';

interface Props {
  person: ProfileFieldsFragment;
  onClose: () => void;
}

export function EditProfile({ person, onClose }: Props) {
  const [displayName, setDisplayName] = useState(person.displayName);
  const [bio, setBio] = useState(person.bio ?? '');
  const [save, { data, loading }] = useMutation(EditProfileDocument);

  const refusals = data?.updateProfile.userErrors ?? [];

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const { data } = await save({
        variables: { input: { displayName, bio: bio === '' ? null : bio } },
      });
      if (!data?.updateProfile.user) return;
      tell('Your profile is saved.');
      onClose();
    } catch (error) {
      tell(reason(error), 'bad');
    }
  };

  return (
    <Dialog title="Edit profile" onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)}>
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
        <Field label="About you" refusal={refusalOf('bio', refusals)}>
          {(described) => (
            <textarea
              value={bio}
              onChange={(event) => setBio(event.target.value)}
              rows={5}
              {...described}
            />
          )}
        </Field>
        <div className="dialog-actions">
          <button type="button" className="button quiet" onClick={onClose}>
            Cancel
          </button>
          <button className="button" disabled={loading}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
