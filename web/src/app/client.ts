import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { type DocumentNode, type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import { tap } from 'rxjs';

import { createCache } from './cache.ts';
import { reached, unreachable } from './connection.ts';
import { documentText } from './documentText.ts';
import { sessionEnded } from './session/ended.ts';
import { subscriptions } from './subscriptions.ts';

/** The gateway as the holder of a token sees it, or as somebody without one. */
export interface Session {
  client: ApolloClient;
  /** Closes the session's socket. */
  close: () => void;
}

export function openSession(token: string | null): Session {
  const http = new HttpLink({
    uri: '/graphql',
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    print: (document) => documentText(document as DocumentNode),
  });
  const sockets = subscriptions(token);
  const client = new ApolloClient({
    link: watchSession.concat(
      ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        sockets.link,
        watchConnection.concat(http),
      ),
    ),
    cache: createCache(),
    devtools: { enabled: false },
  });
  return { client, close: sockets.close };
}

const watchConnection = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next: reached,
      error(error) {
        // What fetch throws when nobody answers. An answer that is an error is no lost connection.
        if (error instanceof TypeError) unreachable();
      },
    }),
  ),
);

const watchSession = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next({ errors }) {
        if (errors?.some(isUnauthenticated)) sessionEnded();
      },
      error(error) {
        if (CombinedGraphQLErrors.is(error) && error.errors.some(isUnauthenticated)) sessionEnded();
      },
    }),
  ),
);

/** The gateway refuses a token before it looks at the operation, or says that the operation needs one. */
function isUnauthenticated({ extensions }: GraphQLFormattedError): boolean {
  return extensions?.code === 'UNAUTHENTICATED';
}
