import { Store, useStore } from './store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const now = new Store(Date.now());
setInterval(() => now.write(Date.now()), 15_000);

/** Returns the current time and renders again as it passes. It is at most 15 seconds old. */
export function useNow(): number {
  return useStore(now);
}

/** Formats the time since a timestamp: `now`, `5m`, `3h`, `2d`, and after a week its date. */
export function timeAgo(timestamp: string, now: number): string {
  const then = Date.parse(timestamp);
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

/** Formats the time until a timestamp, rounded: `3 days`, `less than a minute`. */
export function timeLeft(timestamp: string, now: number): string {
  const remaining = Date.parse(timestamp) - now;
  if (remaining < MINUTE) return 'less than a minute';
  const [minutes, hours, days] = [MINUTE, HOUR, DAY].map((unit) => Math.round(remaining / unit));
  if (minutes! < 60) return plural(minutes!, 'minute');
  if (hours! < 24) return plural(hours!, 'hour');
  return plural(days!, 'day');
}

export function hasPassed(timestamp: string | null, now: number): boolean {
  return timestamp !== null && Date.parse(timestamp) <= now;
}

export function isWithinAnHour(timestamp: string, now: number): boolean {
  return Date.parse(timestamp) - now < HOUR;
}

/** Formats a timestamp in full, for tooltips. */
export function formatFull(timestamp: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' }).format(
    Date.parse(timestamp),
  );
}

export function monthAndYear(timestamp: string): string {
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' }).format(
    Date.parse(timestamp),
  );
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
