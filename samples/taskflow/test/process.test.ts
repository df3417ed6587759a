import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoadReport } from '../dist/load/run.js';
import { unusedPort } from './ports.js';
import { alive, Processes } from './processes.js';
import { until } from './support.js';

describe('processes', () => {
  const processes = new Processes();
  const run: Processes['run'] = (...given) => processes.run(...given);
  const startTaskFlow: Processes['startTaskFlow'] = (env) => processes.startTaskFlow(env);

  afterEach(() => processes.killAll());

  const databasePid = async (url: string): Promise<number> => {
    const stats = (await (await fetch(`${url}/stats`)).json()) as { database: { pid: number } };
    return stats.database.pid;
  };

  it('serves a load without errors, loses updates, and ends cleanly on SIGTERM', async () => {
    const taskflow = await startTaskFlow({ TASKFLOW_FAULTS: 'lost-update' });
    const pid = await databasePid(taskflow.url);
    const load = run('load/main.js', [
      '--url',
      taskflow.url,
      '--users',
      '10',
      '--duration',
      '3s',
      '--rate',
      '0',
      '--json',
    ]);
    assert.equal(await load.ended, 0, load.output.stderr);
    const report = JSON.parse(load.output.stdout) as LoadReport;
    assert.ok(report.requests > 0);
    assert.ok(report.latencyMs.p95 > 0);
    const slots = (await (await fetch(`${taskflow.url}/stats/slots`)).json()) as { missing: number };
    assert.ok(slots.missing > 0);
    taskflow.child.kill('SIGTERM');
    assert.equal(await taskflow.ended, 0);
    await until('the database process has ended', () => !alive(pid));
    assert.equal(taskflow.output.stderr, '');
  });

  it('takes the signals of one key press, which come from the terminal and from npm, for one', async () => {
    const taskflow = await startTaskFlow();
    // Two kinds, since the system makes one of two of the same kind that come at once.
    taskflow.child.kill('SIGINT');
    taskflow.child.kill('SIGTERM');
    assert.equal(await taskflow.ended, 0);
    assert.equal(taskflow.output.stderr, '');
  });

  it('a killed TaskFlow leaves no database process behind', async () => {
    const taskflow = await startTaskFlow();
    const pid = await databasePid(taskflow.url);
    assert.ok(alive(pid));
    taskflow.child.kill('SIGKILL');
    await until('the database process has ended', () => !alive(pid));
  });

  it('ends with a message when its database process is gone', async () => {
    const taskflow = await startTaskFlow();
    process.kill(await databasePid(taskflow.url), 'SIGKILL');
    assert.equal(await taskflow.ended, 1);
    assert.match(taskflow.output.stderr, /The embedded database ended unexpectedly/);
  });

  it('says in one sentence why it cannot start', async () => {
    const wrongFault = run('main.js', [], { TASKFLOW_FAULTS: 'gremlins' });
    assert.equal(await wrongFault.ended, 1);
    assert.match(
      wrongFault.output.stderr,
      /^TaskFlow could not start: TASKFLOW_FAULTS names the unknown fault "gremlins"/,
    );
    const noServer = run('main.js', [], { PORT: '0', DATABASE_URL: `postgres://me@127.0.0.1:${await unusedPort()}/x` });
    assert.equal(await noServer.ended, 1);
    assert.match(
      noServer.output.stderr,
      /^TaskFlow could not start: The database server cannot be used \(.+\); check DATABASE_URL, .+\n$/,
    );
  });

  it('the load generator fails when there is no server, or one that answers 5xx', async () => {
    const alone = run('load/main.js', ['--url', `http://127.0.0.1:${await unusedPort()}`]);
    assert.equal(await alone.ended, 1);
    assert.match(alone.output.stderr, /^TaskFlow does not answer at .+; start it, or give its address with --url\.\n$/);

    const failing = createServer((request, response) => {
      const list = JSON.stringify({ token: 'x', users: [{ id: 1 }], projects: [{ id: 1 }] });
      const beginning = request.url === '/login' || request.url?.includes('limit=200');
      response.writeHead(beginning ? 200 : 503).end(list);
    }).listen(0, '127.0.0.1');
    await once(failing, 'listening');
    const url = `http://127.0.0.1:${(failing.address() as AddressInfo).port}`;
    const options = ['--users', '2', '--duration', '300ms', '--rate', '0', '--mix', 'tasks', '--json'];
    const load = run('load/main.js', ['--url', url, ...options]);
    assert.equal(await load.ended, 1);
    const report = JSON.parse(load.output.stdout) as LoadReport;
    assert.equal(report.errors.http5xx, report.requests);
    failing.close();
  });

  it('the load generator prints its plan, the same for the same seed', async () => {
    const plan = async (seed: string): Promise<string> => {
      const listing = run('load/main.js', ['--list', '20', '--users', '3', '--seed', seed]);
      assert.equal(await listing.ended, 0);
      return listing.output.stdout;
    };
    const first = await plan('5');
    assert.equal(first.trim().split('\n').length, 3);
    assert.equal(first, await plan('5'));
    assert.notEqual(first, await plan('6'));
  });
});
