import { type ReactNode, useId } from 'react';

import styles from './FormField.module.css';

/** Attributes for the control inside, which connect it to its error. */
interface ControlProps {
  'aria-describedby': string;
  'aria-invalid': boolean;
}

interface Props {
  label: string;
  /** The gateway's error for this field; empty if it accepted the value. */
  error?: string;
  children: (props: ControlProps) => ReactNode;
}

/** A labelled form field with its error. */
export function FormField({ label, error = '', children }: Props) {
  const id = useId();
  return (
    <div>
      <label className={styles.field}>
        <span>{label}</span>
        {children({ 'aria-describedby': id, 'aria-invalid': error !== '' })}
      </label>
      <p className="form-error" id={id} role="alert">
        {error}
      </p>
    </div>
  );
}

/** Returns the message of the user error for a field, or an empty string. */
export function fieldError(
  field: string,
  userErrors: { path: string[]; message: string }[],
): string {
  return userErrors.find(({ path }) => path.at(-1) === field)?.message ?? '';
}
