import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run } from './support/cli.ts';
import { cleanUp } from './support/hooks.ts';

const DIST = fileURLToPath(new URL('../../samples/taskflow/dist/', import.meta.url));

interface FindingJson {
  readonly detector?: string;
  readonly title?: string;
}
interface ReportJson {
  readonly findings: readonly FindingJson[];
  readonly dropped: number;
  readonly calls: number;
  readonly overhead: { readonly percent: number } | null;
}

async function record(faults: string | undefined): Promise<{ report: ReportJson; cwd: string }> {
  const children: ChildProcess[] = [];
  try {
    const env = { ...process.env, PORT: '0', ...(faults === undefined ? {} : { TASKFLOW_FAULTS: faults }) };
    const app = spawn(process.execPath, [`${DIST}main.js`], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(app);
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: app.stdout }).once('line', resolve);
      app.once('exit', () =>
        reject(new Error('TaskFlow ended before it listened; run "npm ci && npm run build" in it')),
      );
    });
    const url = /http:\/\/\S+/.exec(line)?.[0] as string;
    children.push(
      spawn(process.execPath, [`${DIST}load/main.js`, '--url', url, '--users', '10', '--duration', '60s'], {
        stdio: 'ignore',
      }),
    );
    const ask = 'why do two users get the same task, and why is a project slow?';
    const result = await run(['record', '--pid', String(app.pid), '--ask', ask, '--duration', '6s', '--json']);
    assert.equal(result.code, 0, result.stderr);
    return { report: result.json<ReportJson>(), cwd: result.cwd };
  } finally {
    for (const child of children.reverse()) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) await ended;
    }
  }
}

describe('TaskFlow', function () {
  this.timeout(90_000);
  cleanUp();

  it('shows its N+1 with the TypeScript line, and its lost update with both calls', async () => {
    const { report, cwd } = await record(undefined);
    const text = JSON.stringify(report.findings);
    assert.match(text, /task-repository\.ts|project-service\.ts/);
    assert.match(text, /TaskManager\.assignTask/);
    const detectors = new Set(report.findings.map((finding) => finding.detector));
    assert.deepEqual([...detectors].sort(), ['lost-update', 'n-plus-one']);
    assert.equal(report.dropped, 0);
    assert.ok(report.calls > 100);
    assert.ok(report.overhead !== null && report.overhead.percent > 0);
    const events = (await run(['query', 'latest', '--type', 'db.query.start', '--limit', '5', '--json'], cwd)).json<
      unknown[]
    >();
    assert.equal(events.length, 5);
    const state = (await run(['state', 'latest', '--at', '1h', '--json'], cwd)).json<unknown[]>();
    assert.ok(state.length > 0);
  });

  it('has no findings without its faults', async () => {
    const { report } = await record('none');
    assert.deepEqual(report.findings, []);
    assert.equal(report.dropped, 0);
  });
});
