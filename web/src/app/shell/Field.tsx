import './Field.css';

import { type ReactNode, useId } from 'react';

interface Props {
  label: string;
  refusal: string;
  children: (describedBy: string) => ReactNode;
}

/** A labelled field of a form, with what the gateway refused beside it. */
export function Field({ label, refusal, children }: Props) {
  const id = useId();
  return (
    <div>
      <label className="field">
        <span>{label}</span>
        {children(id)}
      </label>
      <p className="refusals" id={id} role="alert">
        {refusal}
      </p>
    </div>
  );
}
