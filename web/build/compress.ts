import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);

/** Writes a `.br` file beside each text file over 1 kB. The gateway sends it to browsers as it is. */
export function compress(): Plugin {
  let outDir: string;
  return {
    name: 'compress',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    async closeBundle() {
      const files = await readdir(outDir, { recursive: true });
      const texts = files.filter((file) => /\.(css|html|js|json|svg|txt)$/.test(file));
      await Promise.all(
        texts.map(async (file) => {
          const path = join(outDir, file);
          const text = await readFile(path);
          if (text.length > 1_000) await writeFile(`${path}.br`, await compressed(text));
        }),
      );
    },
  };
}

export function compressed(text: Uint8Array): Promise<Buffer> {
  return brotli(text, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}
