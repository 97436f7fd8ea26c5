import { ApolloClient, ApolloLink, Observable } from '@apollo/client';

import { createCache } from './cache.ts';
import { type CrudFieldsFragment, HomeFeedDocument, type HomeFeedQuery } from './gen/graphql.ts';

export const andrew = {
  __typename: 'User' as const,
  id: 'andrew',
  handle: 'andrewbrown',
  displayName: 'Andrew Brown',
};

export function crud(id: string, fields: Partial<CrudFieldsFragment> = {}): CrudFieldsFragment {
  return {
    __typename: 'Activity',
    id,
    message: `The crud ${id}`,
    createdAt: '2026-01-01T00:00:00Z',
    expiresAt: null,
    likesCount: 0,
    repliesCount: 0,
    repostsCount: 0,
    viewerHasLiked: false,
    viewerHasReposted: false,
    viewerCanDelete: true,
    author: andrew,
    replyTo: null,
    ...fields,
  };
}

function homeOf(cruds: CrudFieldsFragment[]): HomeFeedQuery {
  return {
    __typename: 'Query',
    home: {
      __typename: 'ActivityConnection',
      edges: cruds.map((node) => ({ __typename: 'ActivityEdge', cursor: node.id, node })),
      pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: cruds.at(-1)?.id ?? null },
    },
  };
}

/** A client with these cruds in its home feed. `gateway.answer` responds to its last request. */
export function clientWith(cruds: CrudFieldsFragment[]) {
  const gateway: { answer: (result: ApolloLink.Result | Error) => void } = {
    answer: () => {
      throw new Error('no request was sent');
    },
  };
  const link = new ApolloLink(
    () =>
      new Observable((observer) => {
        gateway.answer = (result) => {
          if (result instanceof Error) observer.error(result);
          else {
            observer.next(result);
            observer.complete();
          }
        };
      }),
  );
  const client = new ApolloClient({ cache: createCache(), link });
  const variables = { first: 20 };
  client.writeQuery({ query: HomeFeedDocument, variables, data: homeOf(cruds) });
  const home = () =>
    client.cache
      .readQuery({ query: HomeFeedDocument, variables }, true)!
      .home.edges.map(({ node }) => node);
  return { client, gateway, home };
}

export function userError(message: string) {
  return { __typename: 'UserError', code: 'MESSAGE_BLANK', message, path: ['input'] };
}
