import assert from 'node:assert/strict';
import { Announcer } from '../dist/bus/announcer.js';
import { MemoryBus } from '../dist/bus/memory-bus.js';
import { Counters } from '../dist/counters.js';
import { type Faults, noFaults } from '../dist/faults.js';
import { pick, seededRandom } from '../dist/random.js';
import { TaskManager } from '../dist/tasks/task-manager.js';
import { TaskRepository } from '../dist/tasks/task-repository.js';
import { resetData, startApp, type TestApp, testDatabase, until } from './support.js';

const faulty: Faults = new Set(['lost-update']);
const TASKS = 12;

describe('fault lost-update: TaskManager.assignTask', () => {
  beforeEach(async () => {
    await resetData({ users: 3, projects: 1, tasks: TASKS });
    await (await testDatabase()).pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL`);
  });

  const startManager = async (faults: Faults): Promise<TaskManager> => {
    const { pool } = await testDatabase();
    const counters = new Counters();
    const announcer = new Announcer(new MemoryBus(), 'test', (error) => assert.fail(String(error)));
    const manager = new TaskManager(new TaskRepository(pool, counters), faults, counters, announcer);
    await manager.start();
    return manager;
  };

  const assignAllAtOnce = async (manager: TaskManager, userId: number): Promise<void> => {
    await Promise.all(Array.from({ length: TASKS }, (_, index) => manager.assignTask(index + 1, userId)));
  };

  it('on: of twelve assignments at once the slot keeps one', async () => {
    const manager = await startManager(faulty);
    await assignAllAtOnce(manager, 2);
    assert.deepEqual((await manager.compareWithDatabase())[1], { userId: 2, slots: 1, active: 12, missing: 11 });
  });

  it('on: nothing is lost by one assignment after the other', async () => {
    const manager = await startManager(faulty);
    for (let id = 1; id <= TASKS; id += 1) await manager.assignTask(id, 2);
    assert.deepEqual((await manager.compareWithDatabase())[1], { userId: 2, slots: 12, active: 12, missing: 0 });
  });

  it('off: twelve assignments at once are twelve', async () => {
    const manager = await startManager(noFaults);
    await assignAllAtOnce(manager, 2);
    assert.deepEqual((await manager.compareWithDatabase())[1], { userId: 2, slots: 12, active: 12, missing: 0 });
  });

  it('off: the slots stay right under every mixture of changes', async () => {
    const manager = await startManager(noFaults);
    const random = seededRandom(7);
    const change = (): Promise<unknown> => {
      const task = Math.floor(random() * TASKS) + 1;
      const user = Math.floor(random() * 3) + 1;
      const changes = [
        () => manager.assignTask(task, user),
        () => manager.assignTask(task, user),
        () => manager.completeTask(task),
        () => manager.updateTask(task, { status: 'todo' }),
        () => manager.assignNextAvailable(1),
        () => manager.createTask(1, { title: 'One more' }),
        () => manager.deleteTask(TASKS + Math.floor(random() * 20)),
      ];
      return pick(changes, random())?.() ?? Promise.resolve();
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 400 }, change));
    assert.ok(outcomes.filter((outcome) => outcome.status === 'fulfilled').length > 200);
    const slots = await manager.compareWithDatabase();
    assert.deepEqual(
      slots.map((slot) => slot.missing),
      [0, 0, 0],
    );
  });

  for (const [name, faults] of [
    ['on', faulty],
    ['off', noFaults],
  ] as const) {
    it(`${name}: GET /stats/slots says so after concurrent requests`, async () => {
      const app = await startApp(faults);
      // The session is looked up now, and remembered.
      assert.equal((await app.request('GET', '/me')).status, 200);
      // The locked table holds all requests up until they have come as far as waiting for it.
      const { pool } = await testDatabase();
      const busy = await pool.connect();
      await busy.query('BEGIN');
      await busy.query('LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
      const ids = Array.from({ length: TASKS }, (_, index) => index + 1);
      const waiting = ids.map((id) => app.request('POST', `/tasks/${id}/assign`, { userId: 1 }));
      await until('all assignments have begun', async () => (await begun(app)) === TASKS);
      await busy.query('COMMIT');
      busy.release();
      const replies = await Promise.all(waiting);
      assert.ok(replies.every((reply) => reply.status === 200));
      const { body } = await app.request<{ consistent: boolean; missing: number }>('GET', '/stats/slots');
      await app.close();
      assert.equal(body.consistent, name === 'off');
      assert.equal(body.missing, name === 'off' ? 0 : TASKS - 1);
    });
  }
});

async function begun(app: TestApp): Promise<number | undefined> {
  const { body } = await app.request<{ functions: Record<string, { entered: number }> }>('GET', '/stats');
  return body.functions['TaskManager.assignTask']?.entered;
}
