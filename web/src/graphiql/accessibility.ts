/**
 * Fixes accessibility problems in GraphiQL's markup, now and whenever it changes: tabs that contain
 * buttons, a select without a name, a page without a main landmark.
 */
export function fixAccessibility(root: HTMLElement): void {
  const fix = () => {
    // A tab must not contain buttons. Present these as a plain list of buttons instead.
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
      ?.setAttribute('aria-label', 'Type of the operation to add');
  };
  new MutationObserver(fix).observe(root, {
    subtree: true,
    childList: true,
    attributeFilter: ['aria-selected'],
  });
  fix();
}
