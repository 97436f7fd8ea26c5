import { useQuery } from '@apollo/client/react';
import { Link } from 'wouter';

import { PAGE_SIZE } from '../cache.ts';
import { popularHashtags } from '../crud/text.ts';
import { HomeFeedDocument } from '../gen/graphql.ts';
import { paths } from '../paths.ts';
import { plural } from '../time.ts';
import styles from './Aside.module.css';

/** The column beside the page on wide screens: the hashtags of the home feed, and some links. */
export function Aside({ onHelp }: { onHelp: () => void }) {
  const { data } = useQuery(HomeFeedDocument, {
    variables: { first: PAGE_SIZE },
    // The home page keeps this query up to date.
    fetchPolicy: 'cache-first',
  });
  const messages = data?.home.edges.map(({ node }) => node.message) ?? [];
  const hashtags = popularHashtags(messages, 6);
  return (
    <aside className={styles.aside} aria-label="Beside the page">
      {hashtags.length > 0 && (
        <section>
          <h2>Popular hashtags</h2>
          <ul>
            {hashtags.map(({ tag, count }) => (
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
