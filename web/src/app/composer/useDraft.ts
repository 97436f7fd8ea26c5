import { useRef, useState } from 'react';

import { characterCount } from '../crud/text.ts';
import type { UserErrorFieldsFragment } from '../gen/graphql.ts';
import { errorMessage, showToast } from '../toast.ts';
import { createIdempotencyKeys } from './idempotencyKey.ts';

/** What the gateway gets of a draft. */
export interface Submission {
  message: string;
  /** Makes it safe to send the same draft again. */
  idempotencyKey: string;
  /** Whether to show the result before the gateway confirms it. */
  optimistic: boolean;
}

interface Options {
  /** The most characters that a message may have. */
  limit: number;
  /** Sends the message. Resolves to the gateway's user errors. */
  submit: (submission: Submission) => Promise<UserErrorFieldsFragment[] | undefined>;
  onSent?: () => void;
  /** Any other input that belongs to the draft. A draft with another one gets a new key. */
  variant?: string;
  /** Empties the field at once. A message that fails comes back into it. */
  clearsEarly?: boolean;
}

export interface Draft {
  message: string;
  edit: (message: string) => void;
  limit: number;
  /** Characters that are left; negative if the message is too long. */
  remaining: number;
  userErrors: UserErrorFieldsFragment[];
  isSending: boolean;
  send: () => void;
}

/** A message while it is being written and sent. */
export function useDraft(options: Options): Draft {
  const { limit, submit, onSent, variant = '', clearsEarly = false } = options;
  const [message, setMessage] = useState('');
  const [userErrors, setUserErrors] = useState<UserErrorFieldsFragment[]>([]);
  const [isSending, setIsSending] = useState(false);
  const keyOf = useRef(createIdempotencyKeys());
  const remaining = limit - characterCount(message);

  const send = async () => {
    if (isSending) return;
    setIsSending(true);
    // The gateway rejects any other message, so its result is not shown first.
    const optimistic = remaining >= 0 && message.trim() !== '';
    const isCleared = clearsEarly && optimistic;
    const restore = () => {
      if (isCleared) setMessage((typed) => (typed ? `${message}\n${typed}` : message));
    };
    if (isCleared) setMessage('');
    try {
      const idempotencyKey = keyOf.current(`${variant} ${message}`);
      const rejected = (await submit({ message, idempotencyKey, optimistic })) ?? [];
      setUserErrors(rejected);
      if (rejected.length > 0) {
        restore();
        return;
      }
      if (!isCleared) setMessage('');
      keyOf.current = createIdempotencyKeys();
      onSent?.();
    } catch (error) {
      restore();
      showToast(errorMessage(error), 'error');
    } finally {
      setIsSending(false);
    }
  };

  return {
    message,
    edit(text) {
      setMessage(text);
      setUserErrors([]);
    },
    limit,
    remaining,
    userErrors,
    isSending,
    send: () => void send(),
  };
}
