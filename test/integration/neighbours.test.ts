import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import CDP from 'chrome-remote-interface';
import { TraceSession } from '../../src/tracer/session/session.ts';
import { Recording } from '../../src/tracer/store/recording.ts';
import { inspectorOf } from '../../src/tracer/target/process-list.ts';
import { type App, fixture, start } from './support/app.ts';
import { Client } from './support/client.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { functionProbe, Traced } from './support/traced.ts';
import { until } from './support/until.ts';

const DECLARED = functionProbe('cjs-app.cjs#declared');
const ADD = functionProbe('cjs-app.cjs#Service.add');

async function untouched(app: App): Promise<void> {
  const originals = await app.get<Record<string, boolean>>('/originals');
  assert.deepEqual(
    Object.entries(originals).filter(([, same]) => !same),
    [],
  );
  assert.deepEqual(await app.get('/globals'), []);
}

const HTTP_APP = (body: string) => `'use strict';
const http = require('node:http');
${body}
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  response.end(JSON.stringify({ last: run(url) }));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
`;

function program(text: string): string {
  const file = join(folder(), 'app.cjs');
  writeFileSync(file, text);
  return file;
}

describe('neighbours', () => {
  cleanUp();

  it('two sessions record the same process, each its own calls', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const first = await Traced.attach({ pid: app.pid });
    const second = await Traced.attach({ pid: app.pid });
    await first.install([DECLARED]);
    await second.install([ADD]);
    for (let i = 0; i < 5; i++) for (const fn of ['declared', 'add', 'add']) await app.call(fn);
    await until('the calls of both', () => first.calls('declared') === 5 && second.calls('Service.add') === 10);
    assert.equal(first.of('call.exit', 'declared').length, 5);
    await first.stop();

    assert.equal(second.session.attached, true);
    for (let i = 0; i < 5; i++) for (const fn of ['declared', 'add']) await app.call(fn);
    await until('the calls of the second', () => second.calls('Service.add') === 15);
    assert.equal(first.calls('declared'), 5);
    const manifest = await second.stop();
    assert.equal(manifest.dropped, 0);
    assert.equal(first.events.filter((event) => event.type === 'call.enter').length, 5);
    assert.equal(second.events.filter((event) => event.type === 'call.enter').length, 15);
    await untouched(app);
    await until('the inspector to close', async () => (await inspectorOf(app.pid)) === null);
  });

  it('two sessions record the same function, and both leave the original', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const both = [await Traced.attach({ pid: app.pid }), await Traced.attach({ pid: app.pid })] as const;
    for (const traced of both) {
      await traced.install([DECLARED]);
      await app.call('declared');
    }
    const calls = both.map((traced) => traced.calls('declared'));
    for (let i = 0; i < 10; i++) assert.equal(await app.call('declared'), 42);
    for (const [index, traced] of both.entries())
      await until(`ten calls in session ${index}`, () => traced.calls('declared') >= (calls[index] as number) + 10);
    await Promise.all(both.map((traced) => traced.stop()));
    assert.equal(await app.call('declared'), 42);
    await untouched(app);
    await until('the inspector to close', async () => (await inspectorOf(app.pid)) === null);
  });

  it('a target that ends by itself ends at once, and its recording can be read', async () => {
    const file = program(
      HTTP_APP(`let ends = 0;
function work() { return ++ends; }
function run(url) {
  if (url.pathname === '/end') { server.close(); server.closeIdleConnections(); return 'bye'; }
  return work();
}`),
    );
    const app = await start(file);
    const traced = await Traced.attach({ pid: app.pid });
    const reasons: string[] = [];
    traced.session.onClosed((reason) => reasons.push(reason));
    await traced.install([functionProbe('app.cjs#work')]);
    const close = { headers: { connection: 'close' } };
    for (let i = 0; i < 20; i++) await (await fetch(app.url, close)).json();
    await until('the calls', () => traced.calls('work') === 20);
    await (await fetch(`${app.url}/end`, close)).json();
    const asked = Date.now();
    await until('the exit', () => app.child.exitCode === 0, 3000);
    const took = Date.now() - asked;
    assert.ok(took < 2000, `it took ${took} ms`);
    await until('the reason', () => reasons.length > 0);
    assert.match(reasons.join(), new RegExp(`^process ${app.pid} ended`));
    assert.equal(traced.session.attached, false);
    await traced.stop();
    const recording = await Recording.open(traced.session.directory);
    assert.equal(recording.interrupted, false);
    assert.equal(recording.query({ types: ['call.enter'], function: 'work' }).length, 20);
    assert.equal(recording.query({ types: ['process.exit'] }).length, 1);
  });

  it('a debugger statement does not stop an application whose probes wait for a call', async () => {
    const file = program(
      HTTP_APP(`function waits() { return 1; }
function stops(n) {
  debugger;
  return n + 1;
}
function run(url) { return url.pathname === '/waits' ? waits() : stops(41); }`),
    );
    const app = await start(file);
    const traced = await Traced.attach({ pid: app.pid });
    await traced.install([functionProbe('app.cjs#waits')]);
    assert.equal(traced.targets[0]?.prober.domain.enabled, true);
    const client = new Client(app, ['stops']);
    await until('50 answers', () => client.answered > 50);
    await client.stop();
    assert.equal(client.failed, 0);
    assert.equal((await app.get<{ last: number }>('/stops')).last, 42);
    assert.equal((await app.get<{ last: number }>('/waits')).last, 1);
    await until('the call', () => traced.calls('waits') === 1);
  });

  it('another client of the inspector goes on as if we were not there', async () => {
    const app = await start(fixture('cjs-app.cjs'), undefined, { flags: ['--inspect=0'] });
    const { url } = await until('its inspector', () => inspectorOf(app.pid));
    const other = await CDP({ target: url, local: true });
    try {
      let lost = false;
      let paused = 0;
      other.on('disconnect', () => {
        lost = true;
      });
      other.Debugger.on('paused', ({ hitBreakpoints }) => {
        if (hitBreakpoints?.includes(mine)) paused++;
        void other.Debugger.resume({});
      });
      const scripts = new Map<string, string>();
      other.Debugger.on('scriptParsed', ({ url: script, scriptId }) => scripts.set(script, scriptId));
      await other.Debugger.enable({});
      const place = { urlRegex: 'cjs-app\\.cjs$', lineNumber: 14 };
      const { breakpointId: mine, locations } = await other.Debugger.setBreakpointByUrl(place);
      assert.equal(locations.length, 1);
      assert.equal(await app.call('arrow').then(() => paused), 1);

      const traced = await Traced.attach({ pid: app.pid });
      await traced.install([DECLARED]);
      for (let i = 0; i < 5; i++) await app.call('declared');
      await until('the calls', () => traced.calls('declared') === 5);
      await app.call('arrow');
      assert.equal(paused, 2);
      await traced.stop();
      await app.call('arrow');
      assert.equal(paused, 3);
      assert.equal(lost, false);
      const { result } = await other.Runtime.evaluate({ expression: '6 * 7', returnByValue: true });
      assert.equal(result.value, 42);
      assert.equal((await inspectorOf(app.pid))?.url, url);
    } finally {
      await other.close();
    }
    await untouched(app);
  });

  it('attaches again right after it left, five times', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    for (let round = 1; round <= 5; round++) {
      const traced = await Traced.attach({ pid: app.pid });
      await traced.install([DECLARED]);
      await app.call('declared', 3);
      await until(`the calls of round ${round}`, () => traced.calls('declared') === 3);
      await traced.stop();
    }
    await untouched(app);
    await until('the inspector to close', async () => (await inspectorOf(app.pid)) === null);
  });

  it('says that the port is taken, and by what', async () => {
    const visitors = new Set<Socket>();
    const holder = createServer((socket) => visitors.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      const app = await start(fixture('cjs-app.cjs'), undefined, { flags: [`--inspect-port=${port}`] });
      const attached = TraceSession.attach({ targets: [{ pid: app.pid }], out: folder() });
      await assert.rejects(attached, {
        code: 'target.inspector-closed',
        message: `Process ${app.pid} cannot open its inspector because port ${port} is taken by another program; stop that debugger and try again.`,
      });
      assert.equal(await app.call('declared'), 42);
      await untouched(app);
    } finally {
      for (const visitor of visitors) visitor.destroy();
      await new Promise((resolve) => holder.close(resolve));
    }
  });
});
