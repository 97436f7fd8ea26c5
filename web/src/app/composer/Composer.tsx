import './Composer.css';

import { useApolloClient } from '@apollo/client/react';
import { Timer } from 'lucide-react';
import { type KeyboardEvent, type Ref, type SubmitEvent, useId, useRef, useState } from 'react';

import { lengthOf } from '../crud/text.ts';
import type { ActivityTtl, CrudFieldsFragment, RefusalFragment } from '../gen/graphql.ts';
import { reason, tell } from '../notice.ts';
import { Avatar } from '../profile/Avatar.tsx';
import { useViewer } from '../viewer/viewer.ts';
import { draftKey } from './draftKey.ts';
import { postCrud, postReply } from './post.ts';
import { Remaining } from './Remaining.tsx';
import { ttls } from './ttl.ts';

const CRUD_LIMIT = 280;
const REPLY_LIMIT = 1024;

interface Props {
  replyTo?: CrudFieldsFragment;
  autoFocus?: boolean;
  field?: Ref<HTMLTextAreaElement>;
  onPosted?: () => void;
}

/** Where cruds and replies are written. What the gateway refuses stands beside the text. */
export function Composer({ replyTo, autoFocus, field, onPosted }: Props) {
  const client = useApolloClient();
  const viewer = useViewer();
  const [message, setMessage] = useState('');
  const [ttl, setTtl] = useState<ActivityTtl>('SEVEN_DAYS');
  const [refusals, setRefusals] = useState<RefusalFragment[]>([]);
  const [sending, setSending] = useState(false);
  const key = useRef(draftKey());
  const ids = useId();

  if (!viewer) return null;

  const limit = replyTo ? REPLY_LIMIT : CRUD_LIMIT;
  const remaining = limit - lengthOf(message);
  const label = replyTo ? `Your reply to @${replyTo.author.handle}` : 'Your crud';

  const edit = (text: string) => {
    setMessage(text);
    setRefusals([]);
  };

  const send = async () => {
    if (sending) return;
    setSending(true);
    const draft = {
      author: viewer.user,
      message,
      idempotencyKey: key.current(replyTo ? message : `${ttl} ${message}`),
      // A message that is going to be refused need not appear first.
      optimistic: remaining >= 0 && message !== '',
    };
    try {
      const refused = await (replyTo
        ? postReply(client, draft, replyTo)
        : postCrud(client, draft, ttl));
      setRefusals(refused ?? []);
      if (refused?.length) return;
      setMessage('');
      key.current = draftKey();
      tell(replyTo ? 'Your reply is out.' : 'Your crud is out.');
      onPosted?.();
    } catch (error) {
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
    <form className="composer" onSubmit={submit} aria-label={replyTo ? 'Reply' : 'New crud'}>
      <Avatar person={viewer.user} />
      <textarea
        ref={field}
        autoFocus={autoFocus}
        value={message}
        onChange={(event) => edit(event.target.value)}
        onKeyDown={sendByKey}
        placeholder={replyTo ? 'What do you say to that?' : 'What is on your mind?'}
        aria-label={label}
        aria-invalid={refusals.length > 0}
        aria-describedby={`${ids}refusals ${ids}left`}
        rows={replyTo ? 2 : 3}
      />
      <p className="refusals" id={`${ids}refusals`} role="alert">
        {refusals.map((refusal) => refusal.message).join(' ')}
      </p>
      <div className="composer-tools">
        {!replyTo && (
          <label className="composer-ttl">
            <Timer aria-hidden />
            <span className="unseen">Disappears after</span>
            <select value={ttl} onChange={(event) => setTtl(event.target.value as ActivityTtl)}>
              {Object.entries(ttls).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        )}
        <Remaining id={`${ids}left`} remaining={remaining} limit={limit} />
        <button className="button" disabled={sending}>
          {replyTo ? 'Reply' : 'Crud'}
        </button>
      </div>
    </form>
  );
}
