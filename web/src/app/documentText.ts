import { printExecutableGraphQLDocument } from '@graphql-tools/documents';
import type { DocumentNode } from 'graphql';

/** Prints an operation exactly as it is in the manifest of trusted documents. */
export function documentText(document: DocumentNode): string {
  return printExecutableGraphQLDocument(document);
}
