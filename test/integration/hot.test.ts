import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, fixture, start } from './support/app.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { RUNTIMES } from './support/runtimes.ts';
import { functionProbe, Traced } from './support/traced.ts';
import { until } from './support/until.ts';

const NAMES = ['declared', 'constant'] as const;
type Counts = Record<(typeof NAMES)[number] | 'rounds', number>;

/** The fixture as it is, and the same as a CommonJS module. */
const FILES: Readonly<Record<string, () => string>> = {
  'hot.mjs': () => fixture('hot.mjs'),
  'hot.cjs': () => {
    const file = join(folder(), 'hot.cjs');
    const text = readFileSync(fixture('hot.mjs'), 'utf8');
    writeFileSync(file, text.replace("import http from 'node:http';", "const http = require('node:http');"));
    return file;
  },
};

/** The code in question has run several times since. */
async function later(app: App): Promise<void> {
  const { rounds } = await app.get<Counts>('/');
  await until('some rounds', async () => (await app.get<Counts>('/')).rounds > rounds + 20);
}

/** V8 puts what a variable holds into optimised code when no code of the script assigns it. */
describe('functions whose callers are optimised', () => {
  cleanUp();
  for (const runtime of RUNTIMES) {
    for (const [file, make] of Object.entries(FILES)) {
      it(`are recorded whole and given back whole: ${file} on ${runtime.name}`, async () => {
        const app = await start(make(), runtime);
        await later(app);
        const traced = await Traced.attach({ pid: app.pid });
        await traced.install(NAMES.map((name) => functionProbe(`${file}#${name}`)));
        await until('both to be rebound', () => NAMES.every((name) => traced.probe(name).status === 'installed'));
        await traced.quiet();

        const before = await app.get<Counts>('/');
        await later(app);
        const after = await app.get<Counts>('/');
        assert.deepEqual(await app.get('/originals'), { declared: false, constant: false });
        await until('the calls', () => NAMES.every((name) => traced.calls(name) > after[name] - before[name]));
        for (const name of NAMES) assert.equal(traced.probe(name).engine, 'rebind');
        // Until their callers' code was thrown away, calls went past the probes, of which a breakpoint records a hundred a second.
        const { dropped } = traced.session;

        const manifest = await traced.stop();
        assert.equal(manifest.dropped, dropped);
        await later(app);
        assert.deepEqual(await app.get('/originals'), { declared: true, constant: true });
        const gone = await app.get<Counts>('/');
        const recorded = NAMES.map((name) => traced.calls(name));
        await later(app);
        assert.ok((await app.get<Counts>('/')).declared > gone.declared);
        assert.deepEqual(
          NAMES.map((name) => traced.calls(name)),
          recorded,
        );
      });
    }
  }
});
