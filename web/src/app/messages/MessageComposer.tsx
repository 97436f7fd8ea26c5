import { useApolloClient } from '@apollo/client/react';
import { SendHorizontal } from 'lucide-react';

import { DraftForm } from '../composer/DraftForm.tsx';
import { useDraft } from '../composer/useDraft.ts';
import type { PersonFieldsFragment } from '../gen/graphql.ts';
import { plainName } from '../plainName.ts';
import type { Viewer } from '../viewer/viewer.ts';
import { sendMessage } from './send.ts';

const MESSAGE_LIMIT = 1024;

interface Props {
  from: Viewer['user'];
  to: PersonFieldsFragment;
  groupId: string | undefined;
}

/** The form for a new message. A message that fails comes back into the field. */
export function MessageComposer({ from, to, groupId }: Props) {
  const client = useApolloClient();
  const draft = useDraft({
    limit: MESSAGE_LIMIT,
    clearsEarly: true,
    submit: (submission) => sendMessage(client, { from, to, groupId, ...submission }),
  });
  return (
    <DraftForm
      draft={draft}
      size="small"
      label="New message"
      fieldLabel={`Your message to @${to.handle}`}
      placeholder={`Write to ${plainName(to.displayName)}`}
      rows={1}
      button={
        <>
          <SendHorizontal aria-hidden /> Send
        </>
      }
    />
  );
}
