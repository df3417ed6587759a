import { strict as assert } from 'node:assert';
import { TraceSession } from '../../src/tracer/session/session.ts';
import { evaluateValue, Inspector } from '../../src/tracer/target/inspector.ts';
import { freePorts, openInspector } from '../../src/tracer/target/open-inspector.ts';
import { listNodeProcesses } from '../../src/tracer/target/process-list.ts';
import { fixture, start } from './support/app.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { functionProbe, Traced } from './support/traced.ts';
import { until } from './support/until.ts';

const inspectorOf = async (pid: number) =>
  (await listNodeProcesses()).find((entry) => entry.pid === pid)?.inspector ?? null;

describe('several processes', () => {
  cleanUp();

  it('three without inspector flags, in one recording', async () => {
    const apps = await Promise.all([1, 2, 3].map(() => start(fixture('cjs-app.cjs'))));
    const traced = await Traced.attach(...apps.map(({ pid }) => ({ pid })));
    await traced.install([functionProbe('cjs-app.cjs#declared')]);
    await Promise.all(apps.map((app) => app.call('declared', 3)));
    await until('nine calls', () => traced.calls('declared') === 9);
    const manifest = await traced.stop();
    assert.deepEqual(
      manifest.targets.map((target) => target.pid),
      apps.map((app) => app.pid),
    );
    for (const { pid } of apps) await until('the inspector to close', async () => (await inspectorOf(pid)) === null);
  });

  it('finds its own port when another process takes the free one first', async () => {
    const [app, other] = await Promise.all([start(fixture('cjs-app.cjs')), start(fixture('cjs-app.cjs'))]);
    const taken = await openInspector(other.pid);
    const free = async () => [Number(new URL(taken.url).port), other.port, ...(await freePorts())];
    const { url } = await openInspector(app.pid, free);
    const inspector = await Inspector.connect(url);
    try {
      assert.equal(await evaluateValue<number>(inspector, 'process.pid'), app.pid);
    } finally {
      await inspector.close();
    }
  });

  it('none stays attached or open when one of them cannot be attached', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const targets = [{ pid: app.pid }, { pid: 2_147_480_000 }];
    await assert.rejects(TraceSession.attach({ targets, out: folder() }), /no process with pid/);
    await until('the inspector to close', async () => (await inspectorOf(app.pid)) === null);
  });
});
