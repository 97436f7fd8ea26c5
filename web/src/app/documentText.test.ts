import { createHash } from 'node:crypto';

import type { DocumentNode } from 'graphql';
import { expect, test } from 'vitest';

import { createCache } from './cache.ts';
import { documentText } from './documentText.ts';
import * as generated from './gen/graphql.ts';
import manifest from './gen/persisted-documents.json' with { type: 'json' };

test('every operation is sent exactly as it is in the manifest', () => {
  const cache = createCache();
  const operations = Object.entries(generated)
    .filter(([name]) => name.endsWith('Document'))
    .map(([, document]) => cache.transformDocument(document as DocumentNode));
  const sent = operations.map((document) => {
    const text = documentText(document);
    return [`sha256:${createHash('sha256').update(text).digest('hex')}`, text];
  });
  expect(Object.fromEntries(sent)).toEqual(manifest);
});
