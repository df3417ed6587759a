import assert from 'node:assert/strict';
import { httpAddress, parseSeed, readConfig } from '../dist/config.js';
import { faultNames, parseFaults } from '../dist/faults.js';
import { progressOf, sortByUrgency, urgencyOf } from '../dist/projects/priority.js';
import type { Task } from '../dist/tasks/task.js';
import { hashPassword, verifyPassword } from '../dist/users/password.js';
import { resetData, testDatabase } from './support.js';

describe('configuration', () => {
  it('writes an IPv6 address as URLs need it', () => {
    assert.equal(httpAddress('::', 4000), 'http://[::]:4000');
    assert.equal(httpAddress('localhost', 1), 'http://localhost:1');
  });

  it('faults: all by default, none on request, single ones by name', () => {
    assert.deepEqual([...parseFaults(undefined)], [...faultNames]);
    assert.equal(parseFaults('none').size, 0);
    assert.equal(parseFaults('').size, 0);
    assert.deepEqual([...parseFaults(' n-plus-one ,')], ['n-plus-one']);
    assert.throws(
      () => parseFaults('lost-updates'),
      /unknown fault "lost-updates"; use lost-update, n-plus-one, .+ or none/,
    );
  });

  it('seed sizes: by name or by counts', () => {
    assert.deepEqual(parseSeed('large'), { users: 200, projects: 100, tasks: 10_000 });
    assert.deepEqual(parseSeed('2,3,4'), { users: 2, projects: 3, tasks: 4 });
    for (const wrong of ['huge', '0,1,1', '1,1', '1,-1,1']) assert.throws(() => parseSeed(wrong), /TASKFLOW_SEED is/);
  });

  it('a wrong variable is named, with what it may be', () => {
    assert.equal(readConfig({}).port, 4000);
    assert.equal(readConfig({ PORT: '0' }).port, 0);
    const node = readConfig({ TASKFLOW_PEER: 'http://127.0.0.1:4001', TASKFLOW_SECRET: 'x', TASKFLOW_NODE: 'a' });
    assert.deepEqual([node.node, node.peerUrl, node.clusterSecret], ['a', 'http://127.0.0.1:4001', 'x']);
    assert.throws(() => readConfig({ TASKFLOW_PEER: 'http://127.0.0.1:4001' }), /TASKFLOW_PEER needs TASKFLOW_SECRET/);
    assert.throws(
      () => readConfig({ TASKFLOW_BUS: 'localhost' }),
      /TASKFLOW_BUS is "localhost"; use an address such as/,
    );
    assert.throws(() => readConfig({ PORT: '70000' }), /PORT is "70000"; use a whole number from 0 to 65535/);
    assert.throws(() => readConfig({ DATABASE_POOL: 'many' }), /DATABASE_POOL is "many"/);
    assert.throws(() => readConfig({ LOG_LEVEL: 'loud' }), /LOG_LEVEL is "loud"/);
  });
});

describe('seed data', () => {
  const rows = async (): Promise<unknown[]> => {
    const { pool } = await testDatabase();
    const found = await pool.query(
      'SELECT tasks.id, project_id, title, tasks.status, priority, due_date, assignee_id, owner_id FROM tasks JOIN projects ON projects.id = project_id ORDER BY id',
    );
    return found.rows;
  };

  it('has the size asked for, spread over projects, the same every time', async () => {
    await resetData({ users: 7, projects: 4, tasks: 41 });
    const first = await rows();
    assert.equal(first.length, 41);
    await resetData({ users: 7, projects: 4, tasks: 41 });
    assert.deepEqual(await rows(), first);
    const { pool } = await testDatabase();
    const perProject = await pool.query('SELECT count(*)::int AS n FROM tasks GROUP BY project_id ORDER BY n');
    assert.deepEqual(
      perProject.rows.map((row: { n: number }) => row.n),
      [10, 10, 10, 11],
    );
  });

  it('is not added to a database that has users', async () => {
    await resetData({ users: 2, projects: 1, tasks: 3 });
    const { seed } = await import('../dist/database/seed.js');
    await seed((await testDatabase()).pool, { users: 5, projects: 5, tasks: 50 });
    assert.equal((await rows()).length, 3);
  });

  it('stores salted password hashes', async () => {
    const [first, second] = await Promise.all([hashPassword('taskflow'), hashPassword('taskflow')]);
    assert.match(first, /^scrypt\$16384,8,1\$[\w+/=]{24}\$[\w+/=]{44}$/);
    assert.notEqual(first, second);
    assert.equal(await verifyPassword('taskflow', first), true);
    assert.equal(await verifyPassword('taskflow ', first), false);
    assert.equal(await verifyPassword('taskflow', 'md5$abc'), false);
  });
});

describe('priority', () => {
  const now = new Date('2026-01-10T12:00:00Z');
  const task = (fields: Partial<Task>): Task => ({
    id: 1,
    projectId: 1,
    title: 'x',
    description: '',
    status: 'todo',
    priority: 'medium',
    dueDate: null,
    assigneeId: null,
    createdAt: now,
    updatedAt: now,
    ...fields,
  });

  it('grows with priority and with nearness of the due date', () => {
    const inOrder = [
      task({ status: 'completed', priority: 'high', dueDate: '2026-01-01' }),
      task({ priority: 'low' }),
      task({}),
      task({ dueDate: '2026-01-20' }),
      task({ priority: 'high' }),
      task({ priority: 'high', dueDate: '2026-01-11' }),
      task({ priority: 'high', dueDate: '2025-12-01' }),
    ];
    const urgencies = inOrder.map((one) => urgencyOf(one, now));
    assert.deepEqual(
      urgencies,
      [...urgencies].sort((a, b) => a - b),
    );
    assert.equal(new Set(urgencies).size, urgencies.length);
    assert.deepEqual(sortByUrgency(inOrder, now), [...inOrder].reverse());
  });

  it('progress is the completed share', () => {
    assert.equal(progressOf([]), 0);
    assert.equal(progressOf([task({}), task({ status: 'completed' })]), 0.5);
  });
});
