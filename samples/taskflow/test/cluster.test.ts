import assert from 'node:assert/strict';
import pg from 'pg';
import { Broker } from '../dist/bus/broker.js';
import type { Bus } from '../dist/bus/bus.js';
import { openBus } from '../dist/bus/open-bus.js';
import { noFaults } from '../dist/faults.js';
import type { Task } from '../dist/tasks/task.js';
import { unusedPort } from './ports.js';
import { alive, getJson, Processes } from './processes.js';
import { TestSocket } from './socket.js';
import { logInAs, resetData, startApp, type TestApp, testDatabase, until } from './support.js';

const secret = 'for nodes only';

interface Stats {
  functions: Record<string, { entered: number; completed: number }>;
  requests: { total: number };
}

const assignedBy = async (url: string): Promise<number> =>
  (await getJson<Stats>(`${url}/stats`)).functions['TaskManager.assignTask']?.completed ?? 0;

const openSocket = (url: string, path: string, token: string): Promise<TestSocket> =>
  TestSocket.open(url, path, { authorization: `Bearer ${token}` });

/** What arrived after the page was shown, as text. */
const changes = (page: TestSocket): string => JSON.stringify(page.messages.slice(1));

describe('two nodes', () => {
  let broker: Broker;
  let buses: Bus[];
  let a: TestApp;
  let b: TestApp;
  const pages: TestSocket[] = [];

  const openPage = async (app: TestApp, path: string, userId: number): Promise<TestSocket> => {
    const page = await openSocket(app.url, path, await logInAs(userId));
    pages.push(page);
    return page;
  };

  beforeEach(async () => {
    await resetData();
    await (await testDatabase()).pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL`);
    broker = new Broker();
    const brokerUrl = await broker.listen();
    const open = (): Promise<Bus> => openBus({ redisUrl: undefined, brokerUrl }, assert.fail);
    buses = await Promise.all([open(), open()]);
    b = await startApp(noFaults, undefined, { bus: buses[1] as Bus, node: 'b', cluster: { secret } });
    a = await startApp(noFaults, undefined, { bus: buses[0] as Bus, node: 'a', cluster: { secret, peerUrl: b.url } });
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    await a.close();
    await b.close();
    await Promise.all(buses.map((bus) => bus.close()));
    await broker.close();
  });

  it('a task made on a is assigned by the TaskManager of b, and both dashboards show it', async () => {
    const [onA, onB] = [await openPage(a, '/live/dashboard', 2), await openPage(b, '/live/dashboard', 2)];
    const { body: task } = await a.request<Task>('POST', '/projects/1/tasks', { title: 'Made on a' });
    const { body: assigned } = await a.request<Task>('POST', `/tasks/${task.id}/assign`, { userId: 2 });
    assert.deepEqual([assigned.assigneeId, assigned.status], [2, 'in_progress']);
    assert.deepEqual([await assignedBy(a.url), await assignedBy(b.url)], [0, 1]);
    await until('both have it', () => [onA, onB].every((page) => changes(page).includes('Made on a')));
  });

  it('people on two nodes see each other, and what the other does, on a project page', async () => {
    const [onA, onB] = [await openPage(a, '/live/projects/1', 1), await openPage(b, '/live/projects/1', 2)];
    await until('both see both', () =>
      [onA, onB].every((page) => changes(page).includes('user1') && changes(page).includes('user2')),
    );
    await b.request('POST', '/projects/1/tasks', { title: 'Made on b' });
    await until('both have it', () => [onA, onB].every((page) => changes(page).includes('Made on b')));
  });

  it('everything that touches loads goes to b, whose loads stay right', async () => {
    const { body: next } = await a.request<{ task: Task }>('POST', '/projects/1/assign-next');
    assert.equal(typeof next.task.id, 'number');
    await a.request('POST', '/tasks/4/assign', { userId: 3 });
    await b.request('POST', '/tasks/5/assign', { userId: 3 });
    await a.request('POST', '/tasks/4/complete');
    await a.request('PATCH', '/tasks/4', { status: 'in_progress', title: 'Again' });
    await a.request('DELETE', '/tasks/5');
    await a.request('DELETE', '/projects/2');
    for (const app of [a, b]) {
      await until(
        'the loads are right',
        async () => (await app.request('GET', '/stats/slots')).body.consistent === true,
      );
    }
    const { body } = await a.request<{ users: { userId: number; slots: number }[] }>('GET', '/stats/slots');
    assert.ok(body.users.some((user) => user.slots > 0));
    assert.deepEqual(body, (await b.request('GET', '/stats/slots')).body);
  });

  it('somebody who registers on a can be given work by b', async () => {
    const newcomer = { email: 'new@taskflow.example', username: 'newcomer', password: 'long enough' };
    const { status, body } = await a.request<{ user: { id: number } }>('POST', '/register', newcomer);
    assert.equal(status, 201);
    await until('b knows the newcomer', async () => {
      const { body: slots } = await b.request<{ users: { userId: number }[] }>('GET', '/stats/slots');
      return slots.users.some((user) => user.userId === body.user.id);
    });
    const { body: task } = await a.request<Task>('POST', '/tasks/1/assign', { userId: body.user.id });
    assert.equal(task.assigneeId, body.user.id);
  });

  it("b's refusals reach whoever asked a", async () => {
    for (const [path, body, status, message] of [
      ['/tasks/999/assign', { userId: 1 }, 404, 'Task 999 does not exist.'],
      ['/tasks/1/assign', { userId: 77 }, 422, 'User 77 does not exist; use the id of one that does.'],
      ['/tasks/999/complete', undefined, 404, 'Task 999 does not exist.'],
    ] as const) {
      const reply = await a.request('POST', path, body);
      assert.deepEqual([reply.status, reply.body.message], [status, message]);
    }
  });

  it('without b, a goes on with what it can do itself', async () => {
    const lonely = await startApp(noFaults, undefined, {
      cluster: { secret, peerUrl: `http://127.0.0.1:${await unusedPort()}` },
    });
    const replies = [
      await lonely.request('POST', '/tasks/1/assign', { userId: 1 }),
      await lonely.request('POST', '/projects/1/tasks', { title: 'Made alone' }),
      await lonely.request('GET', '/projects/1'),
    ];
    await lonely.close();
    assert.deepEqual(
      replies.map((reply) => reply.status),
      [503, 201, 200],
    );
  });

  it('the internal routes are for those who know the secret', async () => {
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${b.url}/internal/assign`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ taskId: 1, userId: 1 }),
      });
    assert.equal((await post({})).status, 403);
    assert.equal((await post({ 'x-taskflow-secret': `${secret}!` })).status, 403);
    assert.equal((await post({ 'x-taskflow-secret': secret })).status, 200);
    const wrong = await startApp(noFaults, undefined, { cluster: { secret: 'other', peerUrl: b.url } });
    assert.equal((await wrong.request('POST', '/tasks/1/assign', { userId: 1 })).status, 503);
    await wrong.close();
    const single = await startApp(noFaults);
    assert.equal((await single.request('POST', '/internal/assign', { taskId: 1, userId: 1 })).status, 404);
    await single.close();
  });
});

describe('npm run cluster', function () {
  // Four processes have to start.
  this.timeout(60_000);
  const processes = new Processes();
  const READY = /^TaskFlow cluster ready: node a (\S+) \(pid (\d+)\), node b (\S+) \(pid (\d+)\)$/m;

  afterEach(() => processes.killAll());

  const start = async (env: Record<string, string> = {}) => {
    const cluster = processes.run('cluster/main.js', [], { PORT: '0', TASKFLOW_SEED: '5,3,30', ...env });
    const { output, child } = cluster;
    await until('the cluster is ready', () => READY.test(output.stdout) || child.exitCode !== null, 40_000);
    const [, a = '', pidA, b = '', pidB] = READY.exec(output.stdout) ?? assert.fail(output.stderr);
    return { ...cluster, a, b, pids: [Number(pidA), Number(pidB)] };
  };

  const post = async <T>(url: string, body: object, token?: string): Promise<T> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${url}: ${response.status} ${await response.clone().text()}`);
    return (await response.json()) as T;
  };

  /** A task made on a, assigned, and seen by the one who got it on both nodes. */
  const handOver = async ({ a, b }: { a: string; b: string }): Promise<void> => {
    const { token } = await post<{ token: string }>(`${a}/login`, { login: 'user2', password: 'taskflow' });
    const pages = await Promise.all([a, b].map((url) => openSocket(url, '/live/dashboard', token)));
    const task = await post<Task>(`${a}/projects/1/tasks`, { title: 'Made on a' }, token);
    await post(`${a}/tasks/${task.id}/assign`, { userId: 2 }, token);
    assert.deepEqual([await assignedBy(a), await assignedBy(b)], [0, 1]);
    await until('both dashboards show it', () => pages.every((page) => changes(page).includes('Made on a')));
    await Promise.all(pages.map((page) => page.close()));
  };

  it('starts two nodes that share data and news, and ends them on SIGTERM', async () => {
    const cluster = await start();
    await handOver(cluster);
    cluster.child.kill('SIGTERM');
    assert.equal(await cluster.ended, 0);
    assert.deepEqual(cluster.pids.filter(alive), []);
    assert.equal(cluster.output.stderr, '');
  });

  it('leaves no node behind when it is killed', async () => {
    const cluster = await start();
    cluster.child.kill('SIGKILL');
    await until('the nodes have ended', () => !cluster.pids.some(alive), 10_000);
  });

  it('ends when a node dies', async () => {
    const cluster = await start();
    process.kill(cluster.pids[0] ?? 0, 'SIGKILL');
    assert.equal(await cluster.ended, 1);
    assert.match(cluster.output.stderr, /Node a ended unexpectedly/);
    assert.ok(!cluster.pids.some(alive));
  });

  const { DATABASE_URL, REDIS_URL } = process.env;
  // With `npm run test:real` only, which has started both.
  if (DATABASE_URL && REDIS_URL) {
    it('does the same on a PostgreSQL and a Redis server', async () => {
      const admin = new pg.Client(DATABASE_URL);
      await admin.connect();
      await admin.query('CREATE DATABASE cluster');
      const database = new URL(DATABASE_URL);
      database.pathname = '/cluster';
      const cluster = await start({ DATABASE_URL: database.href, REDIS_URL });
      await handOver(cluster);
      cluster.child.kill('SIGTERM');
      assert.equal(await cluster.ended, 0);
      await admin.query('DROP DATABASE cluster');
      await admin.end();
    });
  }
});
