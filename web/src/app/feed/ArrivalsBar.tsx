import './ArrivalsBar.css';

import { ArrowUp } from 'lucide-react';

import { PAGE } from '../cache.ts';

interface Props {
  count: number;
  noun: string;
  show: () => void;
}

/** Offers what has arrived since the list was loaded. */
export function ArrivalsBar({ count, noun, show }: Props) {
  const number = count >= PAGE ? `${PAGE}+` : count;
  return (
    <div className="arrivals" role="status">
      {count > 0 && (
        <button onClick={show}>
          <ArrowUp aria-hidden />
          {number} new {noun}
          {count === 1 ? '' : 's'}
        </button>
      )}
    </div>
  );
}
