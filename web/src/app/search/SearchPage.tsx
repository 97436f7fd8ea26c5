import './Search.css';

import { useQuery } from '@apollo/client/react';
import { Search } from 'lucide-react';
import { type SubmitEvent, useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';

import { PAGE } from '../cache.ts';
import { Crud } from '../crud/Crud.tsx';
import { Feed } from '../feed/Feed.tsx';
import { SearchDocument } from '../gen/graphql.ts';
import { PersonCard } from '../profile/PersonCard.tsx';
import { Empty } from '../shell/Empty.tsx';
import { PageHeader } from '../shell/PageHeader.tsx';

const TYPING_PAUSE_MS = 300;

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
        <Empty title="Look for people and cruds">
          All words must match; the last one may be unfinished. A #hashtag is found as a whole.
        </Empty>
      )}
    </>
  );
}

/** What is typed becomes the address a moment later, so that a search can be shared. */
function SearchField({ query }: { query: string }) {
  const [, setParameters] = useSearchParams();
  const [text, setText] = useState(query);
  const [asked, setAsked] = useState(query);
  if (query !== asked) {
    // The address changed from outside: a hashtag was clicked, or a step back taken.
    setAsked(query);
    setText(query);
  }
  useEffect(() => {
    if (text === asked) return;
    const timer = setTimeout(() => {
      setAsked(text);
      setParameters(text ? { q: text } : {}, { replace: true });
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, asked, setParameters]);

  const submit = (event: SubmitEvent) => event.preventDefault();
  return (
    <search>
      <form className="search-field" onSubmit={submit}>
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
    variables: { query, first: PAGE },
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  return (
    <Feed
      label="What was found"
      connection={(data ?? (error ? undefined : previousData))?.search}
      error={error}
      more={(after) => fetchMore({ variables: { after } })}
      retry={() => refetch()}
      empty={<Empty title="Nothing found">Try fewer words.</Empty>}
    >
      {(hit) => (hit.__typename === 'User' ? <PersonCard person={hit} /> : <Crud crud={hit} />)}
    </Feed>
  );
}
