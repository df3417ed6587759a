import assert from 'node:assert/strict';
import type { BackgroundStats } from '../dist/background.js';
import { alive, getJson, Processes } from './processes.js';
import { until } from './support.js';

interface Stats extends BackgroundStats {
  database: { pid: number };
}

describe('processes and threads beside TaskFlow', () => {
  const processes = new Processes();

  afterEach(() => processes.killAll());

  type Send = (method: string, path: string, body?: object) => Promise<Response>;

  const logIn = async (url: string): Promise<Send> => {
    const json = { 'content-type': 'application/json' };
    const credentials = JSON.stringify({ login: 'user1', password: 'taskflow' });
    const answer = await fetch(`${url}/login`, { method: 'POST', headers: json, body: credentials });
    const { token } = (await answer.json()) as { token: string };
    return (method, path, body) =>
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && json) },
        ...(body && { body: JSON.stringify(body) }),
      });
  };

  const assignOne = async (request: Send): Promise<void> => {
    const answer = await request('POST', '/projects/1/assign-next');
    const { task } = (await answer.json()) as { task: object | null };
    assert.ok(task);
  };

  const mockOf = async (url: string): Promise<{ pid: number; url: string }> => {
    let mock: { pid: number | null; url: string | null } | null = null;
    await until('the mock service is ready', async () => {
      mock = (await getJson<Stats>(`${url}/stats`)).notifications;
      return mock?.pid != null && mock.url !== null;
    });
    return mock as unknown as { pid: number; url: string };
  };

  it('on SIGTERM, worker threads, report pool and mock service end with it', async () => {
    const taskflow = await processes.startTaskFlow({ TASKFLOW_FAULTS: 'none' });
    const mock = await mockOf(taskflow.url);
    const request = await logIn(taskflow.url);
    assert.equal((await request('POST', '/projects/1/worker/ping')).status, 200);
    assert.equal((await request('POST', '/reports', { kind: 'annual', year: 2026 })).status, 202);
    await assignOne(request);
    taskflow.child.kill('SIGTERM');
    assert.equal(await taskflow.ended, 0);
    await until('the mock service has ended', () => !alive(mock.pid));
    assert.equal(taskflow.output.stderr, '');
  });

  it('on SIGKILL, nothing is left behind', async () => {
    const taskflow = await processes.startTaskFlow();
    const mock = await mockOf(taskflow.url);
    const { database } = await getJson<Stats>(`${taskflow.url}/stats`);
    const request = await logIn(taskflow.url);
    assert.equal((await request('POST', '/projects/1/worker/ping')).status, 200);
    taskflow.child.kill('SIGKILL');
    await until('the mock service and the database have ended', () => !alive(mock.pid) && !alive(database.pid));
  });

  it('ends cleanly while mail hangs without a time limit', async () => {
    const taskflow = await processes.startTaskFlow({ TASKFLOW_FAULTS: 'email-hang' });
    const mock = await mockOf(taskflow.url);
    await fetch(`${mock.url}/behaviour`, { method: 'POST', body: JSON.stringify({ email: { hang: true } }) });
    const request = await logIn(taskflow.url);
    await assignOne(request);
    const hanging = async (): Promise<boolean> =>
      (await getJson<{ counts: { email: number } }>(`${mock.url}/received`)).counts.email === 1;
    await until('the mail has arrived', hanging);
    taskflow.child.kill('SIGTERM');
    assert.equal(await taskflow.ended, 0);
  });

  it('a mock service that died is started again when there is something to deliver', async () => {
    const taskflow = await processes.startTaskFlow({ TASKFLOW_FAULTS: 'none' });
    const first = await mockOf(taskflow.url);
    const request = await logIn(taskflow.url);
    process.kill(first.pid, 'SIGKILL');
    const notifications = async (): Promise<BackgroundStats['notifications']> =>
      (await getJson<Stats>(`${taskflow.url}/stats`)).notifications;
    await until('TaskFlow has noticed', async () => (await notifications())?.pid === null);
    await assignOne(request);
    await until('the mail is delivered', async () => (await notifications())?.emails === 1);
    assert.notEqual((await notifications())?.pid, first.pid);
  });

  it('the mock service runs by hand, too', async () => {
    const mock = processes.run('mock/main.js', [], { MOCK_PORT: '0' });
    await until('it is ready', () => mock.output.stdout.includes('\n'));
    const [, url] =
      /^Mock service listening on (http:\/\/127\.0\.0\.1:\d+) \(pid \d+\)\n$/.exec(mock.output.stdout) ?? [];
    assert.ok(url, mock.output.stderr);
    const taskflow = await processes.startTaskFlow({ NOTIFY_URL: `${url}/` });
    const request = await logIn(taskflow.url);
    await assignOne(request);
    await until('the mail has arrived', async () => {
      const { counts } = await getJson<{ counts: { email: number } }>(`${url}/received`);
      return counts.email === 1;
    });
    const { notifications } = await getJson<Stats>(`${taskflow.url}/stats`);
    assert.deepEqual([notifications?.url, notifications?.pid], [url, null]);
  });

  it('says which setting of these is wrong', async () => {
    const cases: [Record<string, string>, RegExp][] = [
      [{ NOTIFY_URL: 'mail' }, /NOTIFY_URL is "mail"; use an address such as http:\/\/127\.0\.0\.1:4200\./],
      [{ TASKFLOW_WORKERS: '0' }, /TASKFLOW_WORKERS is "0"; use a whole number from 1 to 64\./],
      [{ TASKFLOW_STORAGE_FAIL: 'yes' }, /TASKFLOW_STORAGE_FAIL is "yes"; use one of none, write, read\./],
    ];
    for (const [env, message] of cases) {
      const taskflow = processes.run('main.js', [], env);
      assert.equal(await taskflow.ended, 1);
      assert.match(taskflow.output.stderr, message);
    }
  });
});
