import { createContext, use } from 'react';

import type { CrudFieldsFragment } from '../gen/graphql.ts';

/** What is about to be written: a crud, or a reply to one. */
export interface ComposeFor {
  replyTo?: CrudFieldsFragment;
}

/** Opens the dialog to write in. */
export const ComposerContext = createContext<(what: ComposeFor) => void>(() => undefined);

export function useCompose(): (what: ComposeFor) => void {
  return use(ComposerContext);
}
