import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import type { DocumentNode } from 'graphql';
import { tap } from 'rxjs';

import { createCache } from './cache.ts';
import { reached, unreachable } from './connection.ts';
import { documentText } from './documentText.ts';

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

const http = new HttpLink({
  uri: '/graphql',
  print: (document) => documentText(document as DocumentNode),
});

export const client = new ApolloClient({
  link: watchConnection.concat(http),
  cache: createCache(),
  devtools: { enabled: false },
});
