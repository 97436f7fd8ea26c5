/**
 * Mends what assistive technology trips over in GraphiQL's markup, now and whenever it changes:
 * tabs that hold buttons, a select without a name, a page without a main part.
 */
export function mendMarkup(root: HTMLElement): void {
  const mend = () => {
    // A tab must not hold buttons. These are a list of pairs: one that opens, one that closes.
    root.querySelector('.graphiql-tabs[role]')?.removeAttribute('role');
    for (const tab of root.querySelectorAll('.graphiql-tab[aria-selected]')) {
      const button = tab.querySelector('.graphiql-tab-button');
      button?.setAttribute('aria-current', tab.getAttribute('aria-selected')!);
      tab.removeAttribute('aria-selected');
      tab.removeAttribute('role');
    }
    root.querySelector('#graphiql-session[role="tabpanel"]')?.setAttribute('role', 'region');
    root.querySelector('.graphiql-main:not([role])')?.setAttribute('role', 'main');
    root
      .querySelector('.graphiql-explorer-root select:not([aria-label])')
      ?.setAttribute('aria-label', 'Kind of the operation to add');
  };
  new MutationObserver(mend).observe(root, {
    subtree: true,
    childList: true,
    attributeFilter: ['aria-selected'],
  });
  mend();
}
