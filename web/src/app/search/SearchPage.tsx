import { useQuery } from '@apollo/client/react';
import { Search } from 'lucide-react';
import { type SubmitEvent, useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';

import { PAGE_SIZE } from '../cache.ts';
import { Crud } from '../crud/Crud.tsx';
import { Feed } from '../feed/Feed.tsx';
import { SearchDocument } from '../gen/graphql.ts';
import { PersonCard } from '../profile/PersonCard.tsx';
import { EmptyState } from '../shell/EmptyState.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';
import styles from './SearchPage.module.css';

const DEBOUNCE_MS = 300;

export function SearchPage() {
  const [parameters] = useSearchParams();
  const query = parameters.get('q') ?? '';
  return (
    <>
      <PageHeader title={query ? `Search: ${query}` : 'Search'}>
        <SearchField query={query} />
      </PageHeader>
      {query.trim() ? (
        <Results query={query} />
      ) : (
        <EmptyState title="Search for people and cruds">
          Every word must match. The last one may be incomplete. A #hashtag must match in full.
        </EmptyState>
      )}
    </>
  );
}

/** Debounces what is typed into the address, so that a search can be shared. */
function SearchField({ query }: { query: string }) {
  const [, setParameters] = useSearchParams();
  const [text, setText] = useState(query);
  const [submitted, setSubmitted] = useState(query);
  if (query !== submitted) {
    // The address changed from outside, by a hashtag or the back button.
    setSubmitted(query);
    setText(query);
  }
  useEffect(() => {
    if (text === submitted) return;
    const timer = setTimeout(() => {
      setSubmitted(text);
      setParameters(text ? { q: text } : {}, { replace: true });
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, submitted, setParameters]);

  const submit = (event: SubmitEvent) => event.preventDefault();
  return (
    <search>
      <form className={styles.field} onSubmit={submit}>
        <Search aria-hidden />
        <input
          type="search"
          aria-label="Search for"
          placeholder="Words, #hashtags, names"
          autoFocus={query === ''}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
    </search>
  );
}

function Results({ query }: { query: string }) {
  const { data, previousData, error, fetchMore, refetch } = useQuery(SearchDocument, {
    variables: { query, first: PAGE_SIZE },
  });
  return (
    <Feed
      label="Search results"
      connection={(data ?? (error ? undefined : previousData))?.search}
      error={error}
      loadMore={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={<EmptyState title="No results">Try fewer words.</EmptyState>}
    >
      {(result) =>
        result.__typename === 'User' ? <PersonCard person={result} /> : <Crud crud={result} />
      }
    </Feed>
  );
}
