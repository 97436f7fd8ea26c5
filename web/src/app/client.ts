import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { type DocumentNode, type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import { tap } from 'rxjs';

import { createCache } from './cache.ts';
import { markOffline, markOnline } from './connection.ts';
import { documentText } from './documentText.ts';
import { handleUnauthenticated } from './session/handleUnauthenticated.ts';
import { createSubscriptionLink } from './subscriptions.ts';

/** An Apollo client and its socket, both with one token or both anonymous. */
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
  const subscriptions = createSubscriptionLink(token);
  const client = new ApolloClient({
    link: authErrorLink.concat(
      ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        subscriptions.link,
        connectionLink.concat(http),
      ),
    ),
    cache: createCache(),
    defaultOptions: {
      watchQuery: {
        // A page shows cached data while it fetches. After the first result it follows the cache.
        fetchPolicy: 'cache-and-network',
        nextFetchPolicy(current, { reason, initialFetchPolicy }) {
          if (reason === 'variables-changed') return initialFetchPolicy;
          return current === 'cache-and-network' ? 'cache-first' : current;
        },
      },
    },
    devtools: { enabled: false },
  });
  return { client, close: subscriptions.close };
}

const connectionLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next: markOnline,
      error(error) {
        // fetch throws a TypeError if there is no response. Error responses mean we are online.
        if (error instanceof TypeError) markOffline();
      },
    }),
  ),
);

const authErrorLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next({ errors }) {
        if (errors?.some(isUnauthenticated)) handleUnauthenticated();
      },
      error(error) {
        if (CombinedGraphQLErrors.is(error) && error.errors.some(isUnauthenticated)) {
          handleUnauthenticated();
        }
      },
    }),
  ),
);

/** The gateway rejected the token, or the operation needs one. */
function isUnauthenticated({ extensions }: GraphQLFormattedError): boolean {
  return extensions?.code === 'UNAUTHENTICATED';
}
