import { ApolloLink, Observable } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { retry, throwError, timer } from 'rxjs';

import { documentText } from './documentText.ts';

/** Codes of errors that a retry may get past. Any other error is the operation's own fault. */
const TRANSIENT_CODES = new Set([
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
  'TOO_MANY_REQUESTS',
]);
const MAX_RETRY_DELAY_MS = 30_000;

/**
 * Creates a link that runs subscriptions over a WebSocket, which opens with the first of them. After
 * an interruption, a subscription with an `after` variable resumes from the last event it received,
 * so that no event is lost or repeated.
 */
export function createSubscriptionLink(token: string | null): {
  link: ApolloLink;
  close: () => void;
} {
  let socket: Promise<Client> | undefined;
  const getSocket = () => (socket ??= import('./socket.ts').then((it) => it.openSocket(token)));
  return {
    link: new ApolloLink((operation) => subscribe(operation, getSocket)),
    close() {
      void socket?.then((it) => it.dispose()).catch(() => undefined);
      socket = undefined;
    },
  };
}

function subscribe(
  { query, operationName, variables }: ApolloLink.Operation,
  getSocket: () => Promise<Client>,
): Observable<ApolloLink.Result> {
  const payload = { query: documentText(query), operationName, variables: { ...variables } };
  return new Observable<ApolloLink.Result>((observer) => {
    let unsubscribe: (() => void) | undefined;
    getSocket().then(
      (socket) => {
        if (observer.closed) return;
        unsubscribe = socket.subscribe(payload, {
          next(result) {
            const cursor = cursorOf(result.data);
            if (cursor) payload.variables.after = cursor;
            observer.next(result as ApolloLink.Result);
          },
          error: (error) => observer.error(toGraphQLError(error)),
          complete: () => observer.complete(),
        });
      },
      (error: unknown) => observer.error(error),
    );
    return () => unsubscribe?.();
  }).pipe(
    retry({
      delay: (error, attempt) =>
        isTransient(error)
          ? timer(Math.min(MAX_RETRY_DELAY_MS, 1_000 * 2 ** attempt))
          : throwError(() => error as unknown),
      resetOnSuccess: true,
    }),
  );
}

/** Returns the cursor of an event, if its one root field selects it. */
function cursorOf(data: object | null | undefined): string | undefined {
  const [event] = Object.values(data ?? {}) as { cursor?: string }[];
  return event?.cursor;
}

/** An `error` message of the protocol carries a list of GraphQL errors. */
function toGraphQLError(error: unknown): unknown {
  if (!Array.isArray(error)) return error;
  return new CombinedGraphQLErrors({ errors: error as GraphQLFormattedError[] });
}

function isTransient(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.every(({ extensions }) => TRANSIENT_CODES.has(String(extensions?.code)))
  );
}
