import { createContext, use } from 'react';

import type { CrudFieldsFragment } from '../gen/graphql.ts';

/** What to compose: a reply to a crud, or a new crud. */
export interface ComposeTarget {
  replyTo?: CrudFieldsFragment;
}

/** Opens the composer dialog. */
export const ComposerContext = createContext<(target: ComposeTarget) => void>(() => undefined);

export function useCompose(): (target: ComposeTarget) => void {
  return use(ComposerContext);
}
