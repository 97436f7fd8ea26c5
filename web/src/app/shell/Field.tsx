import './Field.css';

import { type ReactNode, useId } from 'react';

/** What tells assistive technology of a refusal, for the control inside. */
interface Described {
  'aria-describedby': string;
  'aria-invalid': boolean;
}

interface Props {
  label: string;
  refusal: string;
  children: (described: Described) => ReactNode;
}

/** A labelled field of a form, with what the gateway refused beside it. */
export function Field({ label, refusal, children }: Props) {
  const id = useId();
  return (
    <div>
      <label className="field">
        <span>{label}</span>
        {children({ 'aria-describedby': id, 'aria-invalid': refusal !== '' })}
      </label>
      <p className="refusals" id={id} role="alert">
        {refusal}
      </p>
    </div>
  );
}

/** What the gateway refused of one field; empty where it refused nothing. */
export function refusalOf(field: string, refusals: { path: string[]; message: string }[]): string {
  return refusals.find(({ path }) => path.at(-1) === field)?.message ?? '';
}
