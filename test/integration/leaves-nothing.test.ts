import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { inspectorOf } from '../../src/tracer/target/process-list.ts';
import { type App, fixture, start } from './support/app.ts';
import { Client } from './support/client.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { RUNTIMES } from './support/runtimes.ts';
import { functionProbe, HTTP, Traced } from './support/traced.ts';
import { until } from './support/until.ts';

/** An application that ends when nothing is left to wait for: on SIGTERM it closes its server, and so does `/close`. */
const ENDS = `'use strict';
const http = require('node:http');
let calls = 0;
function work() { return ++calls; }
const server = http.createServer((request, response) => {
  response.setHeader('connection', 'close');
  if (request.url === '/close') server.close();
  response.end(JSON.stringify({ last: work() }));
});
process.on('SIGTERM', () => server.close());
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
`;

function ending(): string {
  const file = join(folder(), 'ends.cjs');
  writeFileSync(file, ENDS);
  return file;
}

/** The error of connecting to a port; null when somebody answers. */
const refusal = (port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });

async function recordAndLeave(app: App): Promise<void> {
  const traced = await Traced.attach({ pid: app.pid });
  await traced.install([functionProbe('ends.cjs#work'), HTTP], 50);
  for (let i = 0; i < 5; i++) await app.get('/');
  await until('the calls', () => traced.calls('work') === 5);
  await traced.stop();
}

describe('what a recording leaves behind', () => {
  cleanUp();

  for (const runtime of RUNTIMES) {
    it(`no port, no global, no wrapper, and no failed request on ${runtime.name}`, async () => {
      const app = await start(fixture('cjs-app.cjs'), runtime);
      const client = new Client(app, [
        'declared',
        'arrow',
        'exportedDeclaration',
        'exportedConst',
        'add',
        'reassignable',
      ]);
      await until('some answers before', () => client.answered > 20);
      const traced = await Traced.attach({ pid: app.pid });
      const port = Number(new URL((await until('the inspector', () => inspectorOf(app.pid))).url).port);
      assert.equal(await refusal(port), null);
      const names = ['declared', 'arrow', 'Service.add', 'reassignable'].map((name) => `cjs-app.cjs#${name}`);
      const exported = ['exportedDeclaration', 'exportedConst'].map((name) => `cjs-lib.cjs#${name}`);
      await traced.install([...[...names, ...exported].map((at) => functionProbe(at)), HTTP], 100);
      await until('calls of each', () =>
        [...names, ...exported].every((at) => traced.calls(at.slice(at.indexOf('#') + 1)) > 20),
      );
      assert.equal((await app.get<string[]>('/globals')).length, 1);
      await traced.stop();

      // The port and the global are gone when stop() has answered.
      assert.equal(await refusal(port), 'ECONNREFUSED');
      assert.deepEqual(await app.get('/globals'), []);
      const originals = await app.get<Record<string, boolean>>('/originals');
      assert.deepEqual(
        Object.entries(originals).filter(([, same]) => !same),
        [],
      );
      const after = client.answered;
      await until('answers afterwards', () => client.answered > after + 50);
      await client.stop();
      assert.equal(client.failed, 0);
    });

    it(`nothing that keeps the application from ending by itself on ${runtime.name}`, async () => {
      const ways = [
        async (app: App) => void (await app.get('/close')),
        async (app: App) => void app.child.kill('SIGTERM'),
      ];
      for (const end of ways) {
        const app = await start(ending(), runtime);
        await recordAndLeave(app);
        await end(app);
        await until('the end', () => app.child.exitCode !== null || app.child.signalCode !== null, 3000);
        assert.equal(app.child.exitCode, 0);
        assert.doesNotMatch(app.stderr(), /[Ww]aiting for the debugger|[Ww]arning|Error/);
      }
    });
  }
});
