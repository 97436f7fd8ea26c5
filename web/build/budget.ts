import type { Plugin } from 'vite';

import { compressed } from './compress.ts';

interface Budget {
  /** The page whose initial scripts are measured. */
  page: string;
  /** The most bytes of JavaScript, compressed with Brotli. */
  limit: number;
  /** Modules that the page must not load initially. */
  without: RegExp;
}

/** Fails the build if the initial scripts of a page exceed its budget. */
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
        const forbidden = chunk.moduleIds.find((id) => without.test(id));
        if (forbidden) this.error(`${page} must not load ${forbidden}.`);
        chunk.imports.forEach(visit);
      };
      for (const [, name] of String(html.source).matchAll(
        /(?:src|href)="\/(assets\/[^"]+\.js)"/g,
      )) {
        visit(name!);
      }
      let size = 0;
      for (const name of scripts) {
        const chunk = bundle[name];
        if (chunk?.type === 'chunk') size += (await compressed(Buffer.from(chunk.code))).length;
      }
      const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
      this.info(`${page} initially loads ${kilobytes(size)} of JavaScript (Brotli).`);
      if (size > limit) this.error(`${page} exceeds its budget of ${kilobytes(limit)}.`);
    },
  };
}
