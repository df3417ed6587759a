import assert from 'node:assert/strict';
import { noFaults } from '../dist/faults.js';
import type { ProjectPage, ProjectSummary } from '../dist/projects/project.js';
import type { Task } from '../dist/tasks/task.js';
import type { SlotReport } from '../dist/tasks/task-manager.js';
import { logInAs, resetData, startApp, type TestApp, testDatabase, until } from './support.js';

interface Slots {
  consistent: boolean;
  missing: number;
  users: SlotReport[];
}

describe('routes', () => {
  let app: TestApp;

  beforeEach(async () => {
    await resetData();
    await (await testDatabase()).pool.query('UPDATE projects SET owner_id = 1 WHERE id = 2');
    app = await startApp(noFaults);
  });

  afterEach(() => app.close());

  const newTask = async (fields: object = {}): Promise<Task> => {
    const { status, body } = await app.request<Task>('POST', '/projects/1/tasks', { title: 'Sweep', ...fields });
    assert.equal(status, 201);
    return body;
  };

  const slotsOf = async (userId: number): Promise<number> => {
    const { body } = await app.request<Slots>('GET', '/stats/slots');
    assert.equal(body.consistent, true);
    return body.users.find((user) => user.userId === userId)?.slots ?? Number.NaN;
  };

  it('GET /health asks the database', async () => {
    assert.deepEqual(await app.request('GET', '/health'), { status: 200, body: { status: 'ok' } });
  });

  it('GET /users shows names and nothing private', async () => {
    const { body } = await app.request<{ users: object[] }>('GET', '/users?limit=2&offset=1');
    assert.deepEqual(body.users, [
      { id: 2, username: 'user2' },
      { id: 3, username: 'user3' },
    ]);
  });

  it('GET /projects lists with counts, by status and by page', async () => {
    await app.request('PATCH', '/projects/2', { status: 'archived' });
    const active = await app.request<{ projects: ProjectSummary[] }>('GET', '/projects?status=active');
    assert.deepEqual(
      active.body.projects.map((project) => project.id),
      [1, 3],
    );
    assert.deepEqual(
      active.body.projects.map((project) => project.tasks),
      [10, 10],
    );
    const second = await app.request<{ projects: ProjectSummary[] }>('GET', '/projects?limit=1&offset=1');
    assert.deepEqual(
      second.body.projects.map((project) => project.status),
      ['archived'],
    );
  });

  it('POST /projects creates a project that can be read back', async () => {
    const created = await app.request<ProjectPage>('POST', '/projects', { name: 'Garden' });
    assert.equal(created.status, 201);
    const { body } = await app.request<ProjectPage>('GET', `/projects/${created.body.id}`);
    assert.equal(body.name, 'Garden');
    assert.equal(body.ownerId, 1);
    assert.equal(body.status, 'active');
    assert.deepEqual(body.tasks, []);
    assert.equal(body.progress, 0);
  });

  it('GET /projects/:id puts the most urgent task first and completed ones last', async () => {
    const urgent = await newTask({ priority: 'high', dueDate: '2020-01-01' });
    const done = await newTask({ priority: 'high', dueDate: '2020-01-01' });
    await app.request('POST', `/tasks/${done.id}/complete`);
    const { body } = await app.request<ProjectPage>('GET', '/projects/1');
    assert.equal(body.tasks.length, 12);
    assert.equal(body.tasks[0]?.id, urgent.id);
    assert.equal(body.tasks.at(-1)?.status, 'completed');
    const completed = body.tasks.filter((task) => task.status === 'completed').length;
    assert.equal(body.progress, completed / 12);
  });

  it('PATCH /projects/:id changes only what is given', async () => {
    const before = await app.request<ProjectPage>('GET', '/projects/1');
    const { status, body } = await app.request<ProjectPage>('PATCH', '/projects/1', { description: 'Spring' });
    assert.equal(status, 200);
    assert.equal(body.description, 'Spring');
    assert.equal(body.name, before.body.name);
  });

  it('a project is changed and deleted by its owner alone', async () => {
    const headers = { authorization: `Bearer ${await logInAs(2)}`, 'content-type': 'application/json' };
    const path = `${app.url}/projects/1`;
    const patch = await fetch(path, { method: 'PATCH', headers, body: JSON.stringify({ status: 'archived' }) });
    const deletion = await fetch(path, { method: 'DELETE', headers: { authorization: headers.authorization } });
    for (const refused of [patch, deletion]) {
      assert.equal(refused.status, 403);
      assert.match(((await refused.json()) as { message: string }).message, /^Project 1 is somebody else's/);
    }
    const { body } = await app.request<ProjectPage>('GET', '/projects/1');
    assert.deepEqual([body.status, body.tasks.length], ['active', 10]);
  });

  it('DELETE /projects/:id takes its tasks and their load along', async () => {
    const task = await newTask();
    await app.request('POST', `/tasks/${task.id}/assign`, { userId: 4 });
    assert.equal((await app.request('DELETE', '/projects/1')).status, 204);
    assert.equal((await app.request('GET', '/projects/1')).status, 404);
    assert.equal((await app.request('POST', `/tasks/${task.id}/complete`)).status, 404);
    await slotsOf(4);
  });

  it('tasks: created, listed by status, changed and deleted', async () => {
    const task = await newTask({ description: 'The yard', dueDate: '2030-02-03' });
    assert.equal(task.status, 'todo');
    assert.equal(task.priority, 'medium');
    assert.equal(task.dueDate, '2030-02-03');
    assert.equal(task.assigneeId, null);

    const patched = await app.request<Task>('PATCH', `/tasks/${task.id}`, { priority: 'low', dueDate: null });
    assert.equal(patched.body.priority, 'low');
    assert.equal(patched.body.dueDate, null);
    assert.equal(patched.body.description, 'The yard');

    await app.request('POST', `/tasks/${task.id}/complete`);
    const completed = await app.request<{ tasks: Task[] }>('GET', '/projects/1/tasks?status=completed');
    assert.ok(completed.body.tasks.some((one) => one.id === task.id));
    assert.ok(completed.body.tasks.every((one) => one.status === 'completed'));

    assert.equal((await app.request('DELETE', `/tasks/${task.id}`)).status, 204);
    const all = await app.request<{ tasks: Task[] }>('GET', '/projects/1/tasks');
    assert.ok(all.body.tasks.every((one) => one.id !== task.id));
  });

  it('load follows a task: assigned, handed over, completed, completed again, reopened, deleted', async () => {
    const [first, second] = [await slotsOf(1), await slotsOf(2)];
    const { id } = await newTask();
    const assigned = await app.request<Task>('POST', `/tasks/${id}/assign`, { userId: 1 });
    assert.equal(assigned.body.assigneeId, 1);
    assert.equal(assigned.body.status, 'in_progress');
    assert.equal(await slotsOf(1), first + 1);
    await app.request('POST', `/tasks/${id}/assign`, { userId: 1 });
    assert.equal(await slotsOf(1), first + 1);
    await app.request('POST', `/tasks/${id}/assign`, { userId: 2 });
    assert.deepEqual([await slotsOf(1), await slotsOf(2)], [first, second + 1]);
    await app.request('POST', `/tasks/${id}/complete`);
    await app.request('POST', `/tasks/${id}/complete`);
    assert.equal(await slotsOf(2), second);
    await app.request('PATCH', `/tasks/${id}`, { status: 'in_progress' });
    assert.equal(await slotsOf(2), second + 1);
    await app.request('DELETE', `/tasks/${id}`);
    assert.equal(await slotsOf(2), second);
  });

  it('a task can be made for somebody, and be taken from whoever has it', async () => {
    const before = await slotsOf(2);
    const { id, assigneeId, status } = await newTask({ assigneeId: 2 });
    assert.deepEqual([assigneeId, status], [2, 'in_progress']);
    assert.equal(await slotsOf(2), before + 1);
    const unassign = () => app.request<Task>('POST', `/tasks/${id}/assign`, { userId: null });
    const { body: free } = await unassign();
    assert.deepEqual([free.assigneeId, free.status], [null, 'todo']);
    assert.equal(await slotsOf(2), before);
    assert.deepEqual((await unassign()).body, free);
    await app.request('POST', `/tasks/${id}/complete`);
    assert.equal((await unassign()).status, 409);
    assert.equal((await app.request('POST', '/tasks/999/assign', { userId: null })).status, 404);
    assert.equal((await newTask({ assigneeId: null })).status, 'todo');
  });

  it('completing again changes nothing, not even when it was completed', async () => {
    const { pool } = await testDatabase();
    const { id } = await newTask();
    const completedAt = async (): Promise<Date | null> =>
      (await pool.query<{ at: Date | null }>('SELECT completed_at AS at FROM tasks WHERE id = $1', [id])).rows[0]?.at ??
      null;
    const { body: first } = await app.request<Task>('POST', `/tasks/${id}/complete`);
    const at = await completedAt();
    assert.ok(at);
    const { body: second } = await app.request<Task>('POST', `/tasks/${id}/complete`);
    assert.deepEqual(second, first);
    await app.request('PATCH', `/tasks/${id}`, { title: 'Swept', status: 'completed' });
    assert.deepEqual(await completedAt(), at);
    await app.request('PATCH', `/tasks/${id}`, { status: 'todo' });
    assert.equal(await completedAt(), null);
    await app.request('PATCH', `/tasks/${id}`, { status: 'completed' });
    assert.ok(Number(await completedAt()) > Number(at));
  });

  // The embedded database has one connection, which a transaction keeps to itself.
  if (process.env.DATABASE_URL) {
    it('a task that is made while its project is being deleted finds no project', async () => {
      const { pool, statements } = await testDatabase();
      const deleting = await pool.connect();
      try {
        await deleting.query('BEGIN');
        await deleting.query('DELETE FROM comments USING tasks WHERE task_id = tasks.id AND project_id = 1');
        await deleting.query('DELETE FROM tasks WHERE project_id = 1');
        await deleting.query('DELETE FROM projects WHERE id = 1');
        const before = statements.length;
        const made = app.request('POST', '/projects/1/tasks', { title: 'Too late' });
        await until('it waits', () => statements.slice(before).some((sql) => sql.includes('INSERT INTO tasks')));
        await deleting.query('COMMIT');
        assert.deepEqual(await made, {
          status: 404,
          body: { statusCode: 404, message: 'Project 1 does not exist.' },
        });
      } finally {
        deleting.release();
      }
    });
  }

  it('a completed task cannot be assigned', async () => {
    const { id } = await newTask();
    await app.request('POST', `/tasks/${id}/complete`);
    const { status, body } = await app.request('POST', `/tasks/${id}/assign`, { userId: 1 });
    assert.equal(status, 409);
    assert.equal(body.message, `Task ${id} is completed; reopen it before assigning it.`);
  });

  it('assign-next gives each open task once, the most urgent first, to whoever has least, until none is left', async () => {
    const urgent = await newTask({ priority: 'high', dueDate: '2020-01-01' });
    const { body } = await app.request<{ tasks: Task[] }>('GET', '/projects/1/tasks');
    const open = body.tasks.filter((task) => task.assigneeId === null && task.status !== 'completed');
    const { body: before } = await app.request<Slots>('GET', '/stats/slots');
    const leastLoad = Math.min(...before.users.map((user) => user.slots));

    const { body: one } = await app.request<{ task: Task }>('POST', '/projects/1/assign-next');
    assert.equal(one.task.id, urgent.id);
    assert.equal(before.users.find((user) => user.userId === one.task.assigneeId)?.slots, leastLoad);

    const rest = await Promise.all(
      open.slice(1).map(() => app.request<{ task: Task }>('POST', '/projects/1/assign-next')),
    );
    const given = new Set([one.task.id, ...rest.map((reply) => reply.body.task.id)]);
    assert.equal(given.size, open.length);
    assert.deepEqual((await app.request('POST', '/projects/1/assign-next')).body, { task: null });
    await slotsOf(1);
  });

  it('GET /stats counts requests, functions and failures as they happened', async () => {
    await app.request('POST', '/tasks/1/assign', { userId: 1 });
    await app.request('POST', '/tasks/2147483647/assign', { userId: 1 });
    const { body } = await app.request<{
      pid: number;
      requests: { total: number; byStatus: Record<string, number> };
      functions: Record<string, { entered: number; completed: number }>;
    }>('GET', '/stats');
    assert.equal(body.pid, process.pid);
    assert.equal(body.requests.total, 2);
    assert.equal(body.requests.byStatus['404'], 1);
    assert.equal(body.functions['TaskManager.assignTask']?.entered, 2);
    assert.ok((body.functions['TaskManager.assignTask']?.completed ?? 2) < 2);
  });
});
