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
  requests: { byStatus: Record<string, number> };
}

const calls = async (url: string, name: string): Promise<number> =>
  (await getJson<Stats>(`${url}/stats`)).functions[name]?.completed ?? 0;
const assignedBy = (url: string): Promise<number> => calls(url, 'TaskManager.assignTask');
const createdBy = (url: string): Promise<number> => calls(url, 'TaskManager.createTask');

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
    const { pool } = await testDatabase();
    await pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL`);
    await pool.query('UPDATE projects SET owner_id = 1');
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

  it('a task that is made for somebody on a is made by the TaskManager of b, and both dashboards show it', async () => {
    const [onA, onB] = [await openPage(a, '/live/dashboard', 2), await openPage(b, '/live/dashboard', 2)];
    const made = await a.request<Task>('POST', '/projects/1/tasks', { title: 'Made for user2', assigneeId: 2 });
    assert.deepEqual([made.status, made.body.assigneeId, made.body.status], [201, 2, 'in_progress']);
    assert.deepEqual([await createdBy(a.url), await createdBy(b.url)], [0, 1]);
    await until('both have it', () => [onA, onB].every((page) => changes(page).includes('Made for user2')));
    const { body } = await a.request<{ consistent: boolean; users: { userId: number; slots: number }[] }>(
      'GET',
      '/stats/slots',
    );
    assert.equal(body.consistent, true);
    assert.equal(body.users.find((user) => user.userId === 2)?.slots, 1);
  });

  it('nodes that name each other, or themselves, as peers refuse instead of asking round in a circle', async () => {
    const [portC, portD] = [await unusedPort(), await unusedPort()];
    const start = (port: number, peer: number): Promise<TestApp> =>
      startApp(noFaults, undefined, { port, cluster: { secret, peerUrl: `http://127.0.0.1:${peer}` } });
    const [c, d] = [await start(portC, portD), await start(portD, portC)];
    const narcissist = await unusedPort();
    const e = await start(narcissist, narcissist);
    const refusals = async (app: TestApp): Promise<number> =>
      (await getJson<Stats>(`${app.url}/stats`)).requests.byStatus['503'] ?? 0;
    const register = (app: TestApp, username: string): Promise<{ status: number }> =>
      app.request('POST', '/register', { email: `${username}@x.example`, username, password: 'long enough' });

    assert.equal((await register(c, 'cleo')).status, 201);
    await until('d has refused', async () => (await refusals(d)) === 1);
    assert.equal((await register(e, 'echo')).status, 201);
    await until('e has refused itself', async () => (await refusals(e)) === 1);
    assert.equal(await refusals(c), 0);
    for (const app of [c, e]) {
      const { status, body } = await app.request('POST', '/tasks/1/assign', { userId: 1 });
      assert.equal(status, 503);
      assert.match(String(body.message), /This node uses a peer itself; only one node may have the TaskManager/);
      await app.close();
    }
    await d.close();
  });

  it('a peer without internal routes is not a missing task', async () => {
    const single = await startApp(noFaults);
    const misled = await startApp(noFaults, undefined, { cluster: { secret, peerUrl: single.url } });
    const { status, body } = await misled.request('POST', '/tasks/1/assign', { userId: 1 });
    await misled.close();
    await single.close();
    assert.equal(status, 503);
    assert.match(String(body.message), /it has no internal routes, which a node has only with TASKFLOW_SECRET/);
  });

  it('work is taken away on a by the TaskManager of b', async () => {
    await a.request('POST', '/tasks/1/assign', { userId: 2 });
    const { status, body } = await a.request<Task>('POST', '/tasks/1/assign', { userId: null });
    assert.deepEqual([status, body.assigneeId, body.status], [200, null, 'todo']);
    assert.equal((await b.request('GET', '/stats/slots')).body.consistent, true);
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

  it('goes on with node a when b dies, and ends when both have died', async () => {
    const cluster = await start();
    const { token } = await post<{ token: string }>(`${cluster.a}/login`, { login: 'user2', password: 'taskflow' });
    process.kill(cluster.pids[1] ?? 0, 'SIGKILL');
    await until('it is told', () => /^Node b ended unexpectedly; node a goes on alone\.$/m.test(cluster.output.stderr));
    const task = await post<Task>(`${cluster.a}/projects/1/tasks`, { title: 'Made alone' }, token);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const assigned = await fetch(`${cluster.a}/tasks/${task.id}/assign`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ userId: 2 }),
    });
    assert.equal(assigned.status, 503);
    process.kill(cluster.pids[0] ?? 0, 'SIGKILL');
    assert.equal(await cluster.ended, 1);
    assert.match(cluster.output.stderr, /Node a ended unexpectedly, so the cluster ends too/);
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
