import { useEffect, useEffectEvent } from 'react';

/** Handles single-key shortcuts, except while the user types or a dialog is open. */
export function useKeyboard(actions: Record<string, () => void>): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const action = actions[event.key] ?? cardActions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

/** Shortcuts for the cards of a list, which are the articles of the page. */
const cardActions: Record<string, () => void> = {
  j: () => focusCard(1),
  k: () => focusCard(-1),
  o: () => clickInCard('open'),
  l: () => clickInCard('like'),
  r: () => clickInCard('reply'),
  t: () => clickInCard('repost'),
};

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

function focusCard(by: 1 | -1) {
  const cards = [...document.querySelectorAll<HTMLElement>('main article')];
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const next = at < 0 ? cards.find(isInView) : cards[at + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}

function isInView(card: HTMLElement): boolean {
  return card.getBoundingClientRect().bottom > 120;
}

function clickInCard(action: string) {
  const card = document.activeElement?.closest('main article');
  card?.querySelector<HTMLElement>(`[data-key="${action}"]`)?.click();
}
