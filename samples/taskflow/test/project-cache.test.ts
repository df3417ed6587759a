import assert from 'node:assert/strict';
import { MemoryBus } from '../dist/bus/memory-bus.js';
import { type Faults, noFaults } from '../dist/faults.js';
import type { ProjectPage } from '../dist/projects/project.js';
import type { ProjectStatistics } from '../dist/projects/project-statistics.js';
import { resetData, startApp, type TestApp, testDatabase, until } from './support.js';

const TASKS = 10;

describe('cached project details', () => {
  beforeEach(() => resetData({ users: 3, projects: 2, tasks: 2 * TASKS }));

  const statementsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const { statements } = await testDatabase();
    const before = statements.length;
    await work();
    return statements.slice(before);
  };

  const withApp = async (faults: Faults, work: (app: TestApp) => Promise<void>): Promise<void> => {
    const app = await startApp(faults);
    try {
      await work(app);
    } finally {
      await app.close();
    }
  };

  it('GET /projects/:id reads the project once, and its tasks one by one at every request', () =>
    withApp(new Set(['n-plus-one']), async (app) => {
      const first = await statementsOf(() => app.request('GET', '/projects/1'));
      const second = await statementsOf(() => app.request('GET', '/projects/1'));
      const ofProject = (sql: string): boolean => sql.includes('FROM projects');
      assert.deepEqual([first.filter(ofProject).length, second.filter(ofProject).length], [1, 0]);
      assert.equal(second.filter((sql) => sql.includes('FROM tasks WHERE id')).length, TASKS);
    }));

  it('GET /projects/:id is the same from the cache, and new after a change', () =>
    withApp(noFaults, async (app) => {
      const first = await app.request<ProjectPage>('GET', '/projects/1');
      assert.deepEqual(await app.request('GET', '/projects/1'), first);
      await app.request('PATCH', '/projects/1', { name: 'Renamed' });
      assert.equal((await app.request<ProjectPage>('GET', '/projects/1')).body.name, 'Renamed');
      await app.request('DELETE', '/projects/1');
      assert.equal((await app.request('GET', '/projects/1')).status, 404);
    }));

  it('a change on another node is seen when its message comes', async () => {
    const bus = new MemoryBus();
    const [one, other] = [await startApp(noFaults, undefined, { bus }), await startApp(noFaults, undefined, { bus })];
    await one.request('GET', '/projects/1');
    await one.request('GET', '/projects/1/summary');
    await other.request('PATCH', '/projects/1', { name: 'Renamed elsewhere' });
    await other.request('POST', '/tasks/1/assign', { userId: 2 });
    const { body } = await one.request<ProjectPage>('GET', '/projects/1');
    const summary = await one.request<ProjectStatistics>('GET', '/projects/1/summary');
    await Promise.all([one.close(), other.close()]);
    assert.equal(body.name, 'Renamed elsewhere');
    assert.ok(summary.body.members.some((member) => member.userId === 2 && member.open > 0));
  });

  it('GET /projects/:id/summary has the figures of the tasks, and follows them', () =>
    withApp(noFaults, async (app) => {
      const { pool } = await testDatabase();
      await pool.query(`UPDATE tasks SET status = 'todo', priority = 'low', assignee_id = NULL, due_date = NULL`);
      await pool.query(`UPDATE tasks SET due_date = current_date - 1 WHERE id IN (1, 3)`);
      await pool.query('DELETE FROM comments');
      const summary = async (): Promise<ProjectStatistics> =>
        (await app.request<ProjectStatistics>('GET', '/projects/1/summary')).body;
      assert.deepEqual(await summary(), {
        projectId: 1,
        counts: [{ status: 'todo', priority: 'low', tasks: TASKS }],
        overdue: 2,
        comments: 0,
        hoursToComplete: null,
        members: [],
        completedByDay: [],
      });
      await app.request('POST', '/tasks/1/assign', { userId: 3 });
      await app.request('POST', '/tasks/1/complete');
      const after = await summary();
      assert.equal(after.overdue, 1);
      assert.deepEqual(after.members, [{ userId: 3, username: 'user3', open: 0, completed: 1 }]);
      assert.equal(after.completedByDay.length, 1);
      assert.ok(after.hoursToComplete !== null);
    }));

  it('GET /projects/:id/summary of an unknown project is a 404, also the second time', () =>
    withApp(noFaults, async (app) => {
      for (const _ of [1, 2]) {
        const { status, body } = await app.request('GET', '/projects/99/summary');
        assert.deepEqual([status, body.message], [404, 'Project 99 does not exist.']);
      }
    }));

  for (const [name, faults, computations] of [
    ['on', new Set(['cache-stampede'] as const), 8],
    ['off', noFaults, 1],
  ] as const) {
    it(`fault cache-stampede ${name}: eight requests at once cost ${computations} computations`, () =>
      withApp(faults, async (app) => {
        // An open transaction keeps the database busy until all requests have come as far as waiting for it.
        const { pool } = await testDatabase();
        await app.request('GET', '/users');
        const busy = await pool.connect();
        await busy.query('BEGIN');
        const waiting = Array.from({ length: 8 }, () => app.request('GET', '/projects/1/summary'));
        const misses = async (): Promise<number> =>
          (await app.request<{ cache: { misses: number } }>('GET', '/stats')).body.cache.misses;
        await until('all requests have missed', async () => (await misses()) === 8);
        await busy.query('COMMIT');
        busy.release();
        const replies = await Promise.all(waiting);
        assert.ok(replies.every((reply) => reply.status === 200));
        const { body } = await app.request<{ cache: { computations: number } }>('GET', '/stats');
        assert.equal(body.cache.computations, computations);
      }));
  }
});
