import type { ActivityTtl } from '../gen/graphql.ts';

/** The lifetimes of a crud and their labels, longest first. */
export const ttls: Record<ActivityTtl, string> = {
  THIRTY_DAYS: '30 days',
  SEVEN_DAYS: '7 days',
  THREE_DAYS: '3 days',
  ONE_DAY: '1 day',
  TWELVE_HOURS: '12 hours',
  THREE_HOURS: '3 hours',
  ONE_HOUR: '1 hour',
};
