import type { Plugin } from 'vite';

import { compressed } from './compress.ts';

interface Budget {
  /** The page whose first load is weighed. */
  page: string;
  /** Bytes of JavaScript after brotli. */
  limit: number;
  /** Modules that must not come along, whatever they weigh. */
  without: RegExp;
}

/** Fails the build when the scripts that a page loads at once outweigh its budget. */
export function budget({ page, limit, without }: Budget): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    async writeBundle(_options, bundle) {
      const html = bundle[page];
      if (html?.type !== 'asset') this.error(`${page} was not built.`);
      const scripts = new Set<string>();
      const visit = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || scripts.has(name)) return;
        scripts.add(name);
        const stray = chunk.moduleIds.find((id) => without.test(id));
        if (stray) this.error(`${page} loads ${stray}.`);
        chunk.imports.forEach(visit);
      };
      for (const [, name] of String(html.source).matchAll(
        /(?:src|href)="\/(assets\/[^"]+\.js)"/g,
      )) {
        visit(name!);
      }
      let weight = 0;
      for (const name of scripts) {
        const chunk = bundle[name];
        if (chunk?.type === 'chunk') weight += (await compressed(Buffer.from(chunk.code))).length;
      }
      const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
      this.info(`${page} first loads ${kilobytes(weight)} of brotli JavaScript.`);
      if (weight > limit) this.error(`The budget of ${page} is ${kilobytes(limit)}.`);
    },
  };
}
