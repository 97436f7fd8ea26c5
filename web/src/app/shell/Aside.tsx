import './Aside.css';

import { useQuery } from '@apollo/client/react';
import { Link } from 'wouter';

import { PAGE } from '../cache.ts';
import { commonTags } from '../crud/text.ts';
import { HomeFeedDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { plural } from '../time.ts';

/** Beside the page on wide screens: what the loaded feed talks about, and the keys. */
export function Aside({ onHelp }: { onHelp: () => void }) {
  const { data } = useQuery(HomeFeedDocument, {
    variables: { first: PAGE },
  });
  const messages = data?.home.edges.map(({ node }) => node.message) ?? [];
  const tags = commonTags(messages, 6);
  return (
    <aside className="aside" aria-label="Beside the page">
      {tags.length > 0 && (
        <section>
          <h2>In the air</h2>
          <ul>
            {tags.map(({ tag, count }) => (
              <li key={tag}>
                <Link href={paths.hashtag(tag)}>#{tag}</Link>
                <span className="muted">{plural(count, 'crud')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <footer className="muted">
        <button className="text-button" onClick={onHelp}>
          Keyboard <kbd>?</kbd>
        </button>
        <a href="/graphiql">GraphiQL</a>
      </footer>
    </aside>
  );
}
