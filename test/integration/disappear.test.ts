import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildReport } from '../../src/tracer/report/report.ts';
import { Recording } from '../../src/tracer/store/recording.ts';
import { fixture, start } from './support/app.ts';
import { cli, run } from './support/cli.ts';
import { Client } from './support/client.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { RUNTIMES } from './support/runtimes.ts';
import { until } from './support/until.ts';

/** Milliseconds after which the application must be as before. */
const GONE_MS = 5000;

const recordingIn = (cwd: string) => {
  const home = join(cwd, '.nodescope', 'recordings');
  return join(home, readdirSync(home)[0] as string);
};

describe('kill -9 of the recorder', () => {
  cleanUp();
  for (const runtime of RUNTIMES) {
    it(`leaves the application as it was, on ${runtime.name}`, async () => {
      const app = await start(fixture('cjs-app.cjs'), runtime);
      const fns = ['declared', 'arrow', 'add', 'exportedDeclaration', 'exportedConst', 'reassignable', 'field'];
      const client = new Client(app, fns, 20);
      const out = folder();
      const probes = [
        'cjs-app.cjs#declared',
        'cjs-app.cjs#arrow',
        'cjs-app.cjs#Service.add',
        'cjs-app.cjs#reassignable',
        'cjs-app.cjs#Service.field',
        'cjs-lib.cjs#exportedDeclaration',
        'cjs-lib.cjs#exportedConst',
      ];
      const recorder = cli(['record', '--pid', String(app.pid), ...probes.flatMap((probe) => ['--probe', probe])], out);
      await until('the recording', () => /recording \d+ probes/.test(recorder.stderr()), 30_000);
      const before = client.answered;
      await until('load through the probes', () => client.answered > before + 600);

      recorder.child.kill('SIGKILL');
      const killed = Date.now();
      await recorder.done;
      await until('the agent to go', async () => (await app.get<string[]>('/globals')).length === 0, GONE_MS);
      await until(
        'the originals',
        async () => {
          const originals = await app.get('/originals');
          return Object.values(originals).every((original) => original === true);
        },
        GONE_MS - (Date.now() - killed),
      );
      assert.equal(await app.call('declared'), 42);
      assert.deepEqual(await app.call('arrow'), { doubled: 42 });
      assert.ok(Date.now() - killed < GONE_MS);
      const after = client.answered;
      await until('the application to go on', () => client.answered > after + 50);
      await client.stop();
      assert.equal(client.failed, 0);
      assert.ok(client.answered > 0);

      // The kernel may take a moment until the killed recorder's id belongs to nobody.
      const recording = await until('the recording to read as interrupted', async () => {
        const opened = await Recording.open(recordingIn(out));
        return opened.interrupted ? opened : null;
      });
      assert.ok(recording.query({ types: ['call.enter'], function: 'declared' }).length > 100);
      const report = buildReport(recording);
      assert.equal(report.state, 'interrupted');
      const shown = await run(['report', 'latest', '--json'], out);
      assert.equal(shown.code, 0);
      assert.equal(shown.json<{ state: string }>().state, 'interrupted');
      assert.ok(shown.json<{ calls: number }>().calls > 100);
    });
  }
});
