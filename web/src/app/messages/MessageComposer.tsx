import '../composer/Composer.css';

import { useApolloClient } from '@apollo/client/react';
import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type SubmitEvent, useId, useRef, useState } from 'react';

import { draftKey } from '../composer/draftKey.ts';
import { Remaining } from '../composer/Remaining.tsx';
import { lengthOf } from '../crud/text.ts';
import type { PersonFieldsFragment, RefusalFragment } from '../gen/graphql.ts';
import { reason, tell } from '../notice.ts';
import { useViewer } from '../viewer/viewer.ts';
import { sendMessage } from './send.ts';

const LIMIT = 1024;

interface Props {
  to: PersonFieldsFragment;
  groupId: string | undefined;
}

/** Where messages are written. What the gateway does not take comes back into the field. */
export function MessageComposer({ to, groupId }: Props) {
  const client = useApolloClient();
  const viewer = useViewer();
  const [message, setMessage] = useState('');
  const [refusals, setRefusals] = useState<RefusalFragment[]>([]);
  const [sending, setSending] = useState(false);
  const key = useRef(draftKey());
  const ids = useId();

  if (!viewer) return null;

  const remaining = LIMIT - lengthOf(message);
  const edit = (text: string) => {
    setMessage(text);
    setRefusals([]);
  };

  const send = async () => {
    if (sending) return;
    setSending(true);
    // A message that is going to be refused need not leave the field first.
    const optimistic = remaining >= 0 && message.trim() !== '';
    const restore = () => {
      if (optimistic) setMessage((typed) => (typed ? `${message}\n${typed}` : message));
    };
    if (optimistic) setMessage('');
    try {
      const refused = await sendMessage(client, {
        from: viewer.user,
        to,
        groupId,
        message,
        idempotencyKey: key.current(message),
        optimistic,
      });
      setRefusals(refused ?? []);
      if (refused?.length) restore();
      else key.current = draftKey();
    } catch (error) {
      restore();
      tell(reason(error), 'bad');
    } finally {
      setSending(false);
    }
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void send();
  };
  const sendByKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
  };

  return (
    <form className="composer message-composer" onSubmit={submit} aria-label="New message">
      <textarea
        value={message}
        onChange={(event) => edit(event.target.value)}
        onKeyDown={sendByKey}
        placeholder={`Write to ${to.displayName}`}
        aria-label={`Your message to @${to.handle}`}
        aria-invalid={refusals.length > 0}
        aria-describedby={`${ids}refusals ${ids}left`}
        rows={1}
      />
      <p className="refusals" id={`${ids}refusals`} role="alert">
        {refusals.map((refusal) => refusal.message).join(' ')}
      </p>
      <div className="composer-tools">
        <Remaining id={`${ids}left`} remaining={remaining} limit={LIMIT} />
        <button className="button" disabled={sending}>
          <SendHorizontal aria-hidden /> Send
        </button>
      </div>
    </form>
  );
}
