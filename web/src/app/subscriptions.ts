import { ApolloLink, Observable } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { retry, throwError, timer } from 'rxjs';

import { documentText } from './documentText.ts';

/** What the gateway may be over in a while. Everything else is the operation's own fault. */
const PASSING = new Set(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS']);
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs subscriptions over a socket of the token's holder, which is opened with the first of them. A
 * subscription with an `after` goes on, whenever it was cut, behind the last event that came: none
 * is missed, none comes twice.
 */
export function subscriptions(token: string | null): { link: ApolloLink; close: () => void } {
  let socket: Promise<Client> | undefined;
  const opened = () => (socket ??= import('./socket.ts').then((it) => it.openSocket(token)));
  return {
    link: new ApolloLink((operation) => subscribed(operation, opened)),
    close() {
      void socket?.then((it) => it.dispose()).catch(() => undefined);
      socket = undefined;
    },
  };
}

function subscribed(
  { query, operationName, variables }: ApolloLink.Operation,
  opened: () => Promise<Client>,
): Observable<ApolloLink.Result> {
  const payload = { query: documentText(query), operationName, variables: { ...variables } };
  return new Observable<ApolloLink.Result>((observer) => {
    let stop: (() => void) | undefined;
    opened().then(
      (socket) => {
        if (observer.closed) return;
        stop = socket.subscribe(payload, {
          next(result) {
            const cursor = cursorOf(result.data);
            if (cursor) payload.variables.after = cursor;
            observer.next(result as ApolloLink.Result);
          },
          error: (error) => observer.error(read(error)),
          complete: () => observer.complete(),
        });
      },
      (error: unknown) => observer.error(error),
    );
    return () => stop?.();
  }).pipe(
    retry({
      delay: (error, attempt) =>
        isPassing(error)
          ? timer(Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** attempt))
          : throwError(() => error as unknown),
      resetOnSuccess: true,
    }),
  );
}

/** The cursor of an event: a subscription has one root field, which may have one. */
function cursorOf(data: object | null | undefined): string | undefined {
  const [event] = Object.values(data ?? {}) as { cursor?: string }[];
  return event?.cursor;
}

/** The gateway refuses an operation with a list of errors. */
function read(error: unknown): unknown {
  if (!Array.isArray(error)) return error;
  return new CombinedGraphQLErrors({ errors: error as GraphQLFormattedError[] });
}

function isPassing(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.every(({ extensions }) => PASSING.has(String(extensions?.code)))
  );
}
