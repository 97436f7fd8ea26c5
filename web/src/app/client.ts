import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { tap } from 'rxjs';

import { createCache } from './cache.ts';
import { reached, unreachable } from './connection.ts';

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

export const client = new ApolloClient({
  link: watchConnection.concat(new HttpLink({ uri: '/graphql' })),
  cache: createCache(),
  devtools: { enabled: false },
});
