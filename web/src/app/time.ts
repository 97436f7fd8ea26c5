import { Store, useStore } from './store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const now = new Store(Date.now());
setInterval(() => now.write(Date.now()), 15_000);

/** The time, good to a quarter of a minute; the component renders again as it passes. */
export function useNow(): number {
  return useStore(now);
}

/** How long ago something was: `now`, `5m`, `3h`, `2d`, then the date. */
export function ago(instant: string, now: number): string {
  const then = Date.parse(instant);
  const age = now - then;
  if (age < MINUTE) return 'now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)}d`;
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat('en', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(then);
}

/** About how long something will still be there: `3 days`; `less than a minute` at the end. */
export function left(instant: string, now: number): string {
  const rest = Date.parse(instant) - now;
  if (rest < MINUTE) return 'less than a minute';
  const [minutes, hours, days] = [MINUTE, HOUR, DAY].map((unit) => Math.round(rest / unit));
  if (minutes! < 60) return plural(minutes!, 'minute');
  if (hours! < 24) return plural(hours!, 'hour');
  return plural(days!, 'day');
}

export function hasPassed(instant: string | null, now: number): boolean {
  return instant !== null && Date.parse(instant) <= now;
}

export function isWithinAnHour(instant: string, now: number): boolean {
  return Date.parse(instant) - now < HOUR;
}

/** An instant in full, as a tooltip shows it. */
export function inFull(instant: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' }).format(
    Date.parse(instant),
  );
}

export function monthAndYear(instant: string): string {
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' }).format(
    Date.parse(instant),
  );
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
