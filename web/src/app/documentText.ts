import { printExecutableGraphQLDocument } from '@graphql-tools/documents';
import type { DocumentNode } from 'graphql';

/** The text of an operation, to the letter as the manifest of trusted documents has it. */
export function documentText(document: DocumentNode): string {
  return printExecutableGraphQLDocument(document);
}
