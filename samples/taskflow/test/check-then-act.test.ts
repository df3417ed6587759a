import assert from 'node:assert/strict';
import { type Faults, noFaults } from '../dist/faults.js';
import type { Task } from '../dist/tasks/task.js';
import { resetData, startApp, testDatabase } from './support.js';

const CALLERS = 6;

describe('fault check-then-act: TaskManager.assignNextAvailable', () => {
  beforeEach(async () => {
    await resetData({ users: 3, projects: 1, tasks: CALLERS });
    await (await testDatabase()).pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL`);
  });

  /** The ids of the tasks that callers at the same time are told they have got. */
  const takeAllAtOnce = async (faults: Faults): Promise<number[]> => {
    const app = await startApp(faults);
    try {
      const replies = await Promise.all(
        Array.from({ length: CALLERS }, () => app.request<{ task: Task }>('POST', '/projects/1/assign-next')),
      );
      return replies.map((reply) => reply.body.task.id);
    } finally {
      await app.close();
    }
  };

  it('on: several callers are given the same task', async () => {
    const given = await takeAllAtOnce(new Set(['check-then-act']));
    assert.ok(new Set(given).size < CALLERS, `given: ${given}`);
  });

  it('on: the loads are right all the same, since whoever loses a task loses its load', async () => {
    const app = await startApp(new Set(['check-then-act']));
    await Promise.all(Array.from({ length: CALLERS }, () => app.request('POST', '/projects/1/assign-next')));
    const { body } = await app.request('GET', '/stats/slots');
    await app.close();
    assert.equal(body.consistent, true);
  });

  it('on: one caller after the other is given a task of its own', async () => {
    const app = await startApp(new Set(['check-then-act']));
    const given = new Set<number>();
    for (let caller = 0; caller < CALLERS; caller += 1) {
      given.add((await app.request<{ task: Task }>('POST', '/projects/1/assign-next')).body.task.id);
    }
    assert.deepEqual((await app.request('POST', '/projects/1/assign-next')).body, { task: null });
    await app.close();
    assert.equal(given.size, CALLERS);
  });

  it('off: every caller is given a task of its own', async () => {
    assert.equal(new Set(await takeAllAtOnce(noFaults)).size, CALLERS);
  });
});
