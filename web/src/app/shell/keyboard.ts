import { useEffect, useEffectEvent } from 'react';

/** What each key does while the user is not typing and no dialog is open. */
export function useKeyboard(actions: Record<string, () => void>): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const action = actions[event.key] ?? cardActions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

/** What keys do to the cards of a list: the articles of the page. */
const cardActions: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  o: () => press('open'),
  l: () => press('like'),
  r: () => press('reply'),
  t: () => press('repost'),
};

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

function step(by: 1 | -1) {
  const cards = [...document.querySelectorAll<HTMLElement>('main article')];
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const next = at < 0 ? cards.find(isInView) : cards[at + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}

function isInView(card: HTMLElement): boolean {
  return card.getBoundingClientRect().bottom > 120;
}

function press(action: string) {
  const card = document.activeElement?.closest('main article');
  card?.querySelector<HTMLElement>(`[data-key="${action}"]`)?.click();
}
