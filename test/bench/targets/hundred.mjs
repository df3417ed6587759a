// A hundred methods that are called all the time, and a watch on how long the event loop does not turn.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answer } from './answer.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'hundred-methods.mjs');
const methods = Array.from({ length: 100 }, (_, i) => `  method${i}(a, b) {\n    return a * ${i} + b.size;\n  }`);
writeFileSync(file, `export class Hundred {\n${methods.join('\n')}\n}\n`);
const { Hundred } = await import(pathToFileURL(file).href);

const hundred = new Hundred();
const item = { size: 3 };
let longest = 0;
let last = performance.now();
let next = 0;

/** Every turn of the event loop calls five of them, so that all are called many times in any tenth of a second. */
function turn() {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  for (let i = 0; i < 5; i++) hundred[`method${next++ % 100}`](next, item);
  setTimeout(turn, 0);
}
turn();

answer({
  /** Longest time between two turns since this was last asked, milliseconds. */
  longest: () => {
    const value = longest;
    longest = 0;
    return value;
  },
});
