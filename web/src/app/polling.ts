/** How often what is on the screen is asked for anew. */
export const POLL_MS = 10_000;

/** Keeps a query fresh while somebody can see it. */
export const live = { pollInterval: POLL_MS, skipPollAttempt: () => document.hidden };
