import { strict as assert } from 'node:assert';
import { type App, fixture, start } from './support/app.ts';
import { type CliRun, cli, run } from './support/cli.ts';
import { Client } from './support/client.ts';
import { cleanUp } from './support/hooks.ts';
import { until } from './support/until.ts';

const AT = 'cjs-lib.cjs#exportedDeclaration';

interface RecordJson {
  readonly recording: string;
  readonly state: string;
  readonly targets: readonly { readonly pid: number }[];
  readonly probes: readonly { at: string; engine: string; status: string; calls: number }[];
  readonly events: number;
  readonly calls: number;
  readonly dropped: number;
  readonly findings: readonly unknown[];
  readonly overhead: { readonly percent: number; readonly agentMs: number; readonly wallMs: number } | null;
}

const recordingBegun = (recorder: CliRun) =>
  until('the recording', () => {
    if (recorder.child.exitCode !== null) throw new Error(`it ended: ${recorder.stderr()}`);
    return /recording \d+ probes/.test(recorder.stderr());
  });

const counted = async (app: App) => (await app.get<Record<string, number>>('/counts')).exportedDeclaration ?? 0;

describe('nodescope record', () => {
  cleanUp();

  it("prints one JSON object whose calls are the application's own count", async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const before = await counted(app);
    const recorder = cli(['record', '--pid', String(app.pid), '--probe', AT, '--duration', '2s', '--json']);
    await recordingBegun(recorder);
    const user = async () => {
      for (let i = 0; i < 40; i++) await app.call('exportedDeclaration');
    };
    await Promise.all([user(), user()]);
    const calls = (await counted(app)) - before;
    const result = await recorder.done;
    assert.equal(result.code, 0, result.stderr);
    const report = result.json<RecordJson>();
    assert.equal(calls, 80);
    assert.equal(report.calls, calls);
    assert.equal(report.dropped, 0);
    assert.equal(report.state, 'complete');
    assert.deepEqual(report.findings, []);
    assert.deepEqual(
      report.targets.map((target) => target.pid),
      [app.pid],
    );
    const probe = report.probes.find((entry) => entry.at === AT);
    assert.equal(`${probe?.engine} ${probe?.status} ${probe?.calls}`, `rebind installed ${calls}`);
    assert.ok(report.events >= 2 * calls, `${report.events} events`);
    assert.ok(report.overhead !== null && report.overhead.wallMs >= 1900 && report.overhead.percent >= 0);

    const { cwd } = result;
    const shown = await run(['report', report.recording, '--json'], cwd);
    const { recording: _, ...stored } = report;
    assert.deepEqual(shown.json(), stored);
    const query = ['query', 'latest', '--type', 'call.enter', '--function', 'exportedDeclaration', '--limit', '1000'];
    const events = (await run([...query, '--json'], cwd)).json<{ t: number; args: unknown }[]>();
    assert.equal(events.length, calls);
    assert.deepEqual(events[calls - 1]?.args, [1, 2]);
    const lines = (await run(query, cwd)).stdout.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      events,
    );
    assert.deepEqual((await run(['state', 'latest', '--at', '1s', '--json'], cwd)).json(), []);
  });

  it('says so when it left calls of a burst out', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const recorder = cli(['record', '--pid', String(app.pid), '--probe', AT, '--duration', '1s', '--json']);
    await recordingBegun(recorder);
    await Promise.all(Array.from({ length: 8 }, () => app.call('exportedDeclaration', 100)));
    const result = await recorder.done;
    assert.equal(result.code, 0, result.stderr);
    const report = result.json<RecordJson>();
    const query = ['query', 'latest', '--type', 'probe.throttled,events.dropped', '--json'];
    const notices = (await run(query, result.cwd)).json<{ type: string }[]>();
    // How many get through depends on how soon the calling variable is found; the figures must tell which it was.
    const complete = report.calls === (await counted(app));
    assert.equal(complete, report.dropped === 0 && notices.length === 0, JSON.stringify({ ...report, notices }));
    assert.ok(report.calls >= 100);
  });

  it('stops at Ctrl-C, reports, and puts everything back', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const client = new Client(app, ['exportedDeclaration', 'exportedConst']);
    const probes = [AT, 'cjs-lib.cjs#exportedConst'].flatMap((at) => ['--probe', at]);
    const recorder = cli(['record', '--pid', String(app.pid), ...probes]);
    await recordingBegun(recorder);
    const before = client.answered;
    await until('load', () => client.answered > before + 100);
    recorder.child.kill('SIGINT');
    const { code, stdout, stderr } = await recorder.done;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /taking the probes out/);
    assert.match(stdout, /exportedDeclaration/);
    assert.match(stdout, /recording: /);
    await client.stop();
    assert.equal(client.failed, 0);
    const originals = await app.get<Record<string, boolean>>('/originals');
    assert.deepEqual(
      Object.entries(originals).filter(([, same]) => !same),
      [],
    );
    assert.deepEqual(await app.get('/globals'), []);
  });

  it('launches a program, records it, and ends it', async () => {
    const at = ['--probe', AT, '--duration', '2s', '--json'];
    const recorder = cli(['record', ...at, '--', process.execPath, fixture('cjs-app.cjs')]);
    const line = await until('the program', () => /^\{"port".*\}$/m.exec(recorder.stderr())?.[0]);
    const { port, pid } = JSON.parse(line) as { port: number; pid: number };
    await recordingBegun(recorder);
    await fetch(`http://127.0.0.1:${port}/call?fn=exportedDeclaration&n=7`);
    const result = await recorder.done;
    assert.equal(result.code, 0, result.stderr);
    const report = result.json<RecordJson>();
    assert.equal(report.calls, 7);
    assert.equal(report.targets[0]?.pid, pid);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it("attaches to an open inspector's port and leaves it open", async () => {
    const app = await start(fixture('cjs-app.cjs'), undefined, { flags: ['--inspect=0'] });
    const port = await until('the port', () => /listening on ws:\/\/[^:]+:(\d+)\//.exec(app.stderr())?.[1]);
    const recorder = cli(['record', '--port', port, '--probe', AT, '--duration', '1s', '--json']);
    await recordingBegun(recorder);
    await app.call('exportedDeclaration', 5);
    const result = await recorder.done;
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.json<RecordJson>().calls, 5);
    const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { type: string }[];
    assert.equal(list[0]?.type, 'node');
    assert.deepEqual(await app.get('/globals'), []);
  });
});
