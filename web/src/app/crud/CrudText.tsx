import { Link } from 'wouter';

import { paths } from '../paths.ts';
import { type Piece, pieces } from './text.ts';

/** A message with its hashtags, mentions and addresses as links. */
export function CrudText({ text }: { text: string }) {
  return (
    <p className="crud-text">
      {pieces(text).map((piece, at) => (
        <PieceOfText key={at} piece={piece} />
      ))}
    </p>
  );
}

function PieceOfText({ piece }: { piece: Piece }) {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'hashtag':
      return <Link href={paths.hashtag(piece.tag)}>{piece.text}</Link>;
    case 'mention':
      return <Link href={paths.person(piece.handle)}>{piece.text}</Link>;
    case 'link':
      return (
        <a href={piece.url} target="_blank" rel="noopener noreferrer">
          {piece.text}
        </a>
      );
  }
}
