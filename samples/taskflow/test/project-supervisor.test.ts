import assert from 'node:assert/strict';
import { MemoryBus } from '../dist/bus/memory-bus.js';
import { type BusMessage, projectTopic } from '../dist/bus/messages.js';
import { Counters } from '../dist/counters.js';
import type { RequestError } from '../dist/errors.js';
import { type Faults, noFaults } from '../dist/faults.js';
import { ProjectRepository } from '../dist/projects/project-repository.js';
import { TaskRepository } from '../dist/tasks/task-repository.js';
import { ProjectSupervisor, type WorkerLimits } from '../dist/workers/project-supervisor.js';
import { resetData, startApp, testDatabase, until } from './support.js';

const crash: Faults = new Set(['worker-crash']);
const oom: Faults = new Set(['worker-oom']);
const BY_ZERO = { type: 'budget', cents: '1000', people: 0 } as const;

describe('ProjectSupervisor', () => {
  const open: ProjectSupervisor[] = [];
  const logged: string[] = [];
  const bus = new MemoryBus();

  beforeEach(async () => {
    await resetData({ users: 3, projects: 3, tasks: 30 });
    logged.length = 0;
  });

  afterEach(() => Promise.all(open.splice(0).map((supervisor) => supervisor.close())));

  const start = async (faults: Faults, limits: Partial<WorkerLimits> = {}): Promise<ProjectSupervisor> => {
    const { pool } = await testDatabase();
    const note = (...parts: unknown[]): void => void logged.push(parts.map(String).join(' '));
    const log = { info: note, warn: note, error: note };
    const tasks = new TaskRepository(pool, new Counters());
    const supervisor = new ProjectSupervisor(
      { projects: new ProjectRepository(pool), tasks, bus, faults, log },
      limits,
    );
    open.push(supervisor);
    return supervisor;
  };

  const fails = (statusCode: number, message: RegExp) => (error: RequestError) => {
    assert.equal(error.statusCode, statusCode);
    assert.match(error.message, message);
    return true;
  };

  const stateOf = (supervisor: ProjectSupervisor, projectId = 1): string => supervisor.report(projectId).state;

  it('starts a thread when it is first asked, and one for each project', async () => {
    const supervisor = await start(noFaults);
    assert.deepEqual(supervisor.reports(), []);
    const first = await supervisor.ask(1, { type: 'ping' });
    const second = await supervisor.ask(2, { type: 'ping' });
    assert.notEqual(first.threadId, second.threadId);
    assert.deepEqual(await supervisor.ask(1, { type: 'ping' }), first);
    assert.deepEqual(supervisor.report(1), {
      projectId: 1,
      state: 'running',
      threadId: first.threadId,
      restarts: 0,
      lastCrash: null,
    });
  });

  it('questions that come while the thread is being started share it', async () => {
    const supervisor = await start(noFaults);
    const answers = await Promise.all([1, 2, 3].map(() => supervisor.ask(1, { type: 'ping' })));
    assert.equal(new Set(answers.map((answer) => answer.threadId)).size, 1);
  });

  it('the statistics are those of the database, and follow the news on the bus', async () => {
    const { pool } = await testDatabase();
    await pool.query(`UPDATE tasks SET status = 'todo', priority = 'low', assignee_id = NULL, due_date = NULL`);
    await pool.query(`UPDATE tasks SET assignee_id = 2, status = 'in_progress', due_date = '2020-01-01' WHERE id = 1`);
    const supervisor = await start(noFaults);
    assert.deepEqual(await supervisor.ask(1, { type: 'recalculate' }), {
      tasks: 10,
      byStatus: { todo: 9, in_progress: 1, completed: 0 },
      byPriority: { low: 10, medium: 0, high: 0 },
      overdue: 1,
      openByAssignee: { '2': 1, none: 9 },
      calculations: 1,
    });
    const task = {
      id: 1,
      projectId: 1,
      title: 'x',
      description: '',
      status: 'completed',
      priority: 'high',
      dueDate: null,
      assigneeId: 2,
      createdAt: '2020-01-01T00:00:00.000Z',
      updatedAt: '9999-01-01T00:00:00.000Z',
    };
    const message = { type: 'task.completed', projectId: 1, taskId: 1, task, userId: 2, previousUserId: 2, node: 'a' };
    await bus.publish(projectTopic(1), message);
    const older = { ...message, task: { ...task, status: 'todo', updatedAt: '2020-01-01T00:00:00.000Z' } };
    await bus.publish(projectTopic(1), older);
    await bus.publish(projectTopic(1), { ...message, type: 'task.deleted', taskId: 4, task: null });
    const after = await supervisor.ask(1, { type: 'recalculate' });
    assert.deepEqual(after.byStatus, { todo: 8, in_progress: 0, completed: 1 });
    assert.deepEqual(after.openByAssignee, { none: 8 });
    assert.equal(after.calculations, 2);
  });

  it('splits a budget to the cent, beyond what a number can hold', async () => {
    const supervisor = await start(crash);
    const answer = await supervisor.ask(1, { type: 'budget', cents: '100000000000000000001', people: 3 });
    assert.deepEqual(answer, { share: '33333333333333333333', remainder: '2' });
  });

  it('fault worker-crash on: a budget for nobody kills the thread, and a new one has the state again', async () => {
    const supervisor = await start(crash);
    const before = await supervisor.ask(1, { type: 'recalculate' });
    const { threadId } = await supervisor.ask(1, { type: 'ping' });
    await assert.rejects(supervisor.ask(1, BY_ZERO), fails(503, /^The worker of project 1 ended before it answered/));
    const after = await supervisor.ask(1, { type: 'recalculate' });
    assert.deepEqual(after, { ...before, calculations: 1 });
    const report = supervisor.report(1);
    assert.notEqual(report.threadId, threadId);
    assert.deepEqual([report.state, report.restarts], ['running', 1]);
    assert.equal(report.lastCrash?.reason, 'RangeError: Division by zero');
    assert.ok(logged.some((line) => /died \(RangeError: Division by zero\); restarting it/.test(line)));
  });

  it('fault worker-crash off: a budget for nobody is refused, and the thread goes on', async () => {
    const supervisor = await start(noFaults);
    const { threadId } = await supervisor.ask(1, { type: 'ping' });
    await assert.rejects(supervisor.ask(1, BY_ZERO), fails(422, /^A budget cannot be split among 0 people/));
    assert.deepEqual(await supervisor.ask(1, { type: 'ping' }), { threadId });
  });

  it('gives a worker up after too many restarts; others go on, and it can be started again', async () => {
    const supervisor = await start(crash, { restarts: 2, restartsWithinMs: 60_000 });
    await supervisor.ask(2, { type: 'ping' });
    for (const _ of [1, 2, 3]) await assert.rejects(supervisor.ask(1, BY_ZERO), fails(503, /ended before/));
    await until('the worker is given up', () => stateOf(supervisor) === 'given-up');
    await assert.rejects(
      supervisor.ask(1, { type: 'ping' }),
      fails(409, /given up after 2 restarts within 60000 ms; start it again with POST \/projects\/1\/worker\/start/),
    );
    assert.equal(supervisor.report(1).threadId, null);
    assert.ok(logged.some((line) => line.includes('was given up after 2 restarts')));
    assert.equal(stateOf(supervisor, 2), 'running');
    assert.equal((await supervisor.start(1)).state, 'running');
    assert.equal((await supervisor.ask(1, { type: 'recalculate' })).tasks, 10);
  });

  it('crashes that are far enough apart never make it give up', async () => {
    const supervisor = await start(crash, { restarts: 1, restartsWithinMs: 0 });
    for (const _ of [1, 2, 3]) await assert.rejects(supervisor.ask(1, BY_ZERO), fails(503, /ended before/));
    await supervisor.ask(1, { type: 'ping' });
    assert.deepEqual([stateOf(supervisor), supervisor.report(1).restarts], ['running', 3]);
  });

  it('fault worker-oom on: an import without end kills its thread and nothing else', async () => {
    const supervisor = await start(oom);
    await assert.rejects(
      supervisor.ask(1, { type: 'import', csv: 'Water the plants;low;999999999' }),
      fails(503, /ended before it answered/),
    );
    await supervisor.ask(1, { type: 'ping' });
    assert.match(supervisor.report(1).lastCrash?.reason ?? '', /memory limit/);
  });

  it('fault worker-oom off: an import without end is refused', async () => {
    const supervisor = await start(noFaults);
    const { threadId } = await supervisor.ask(1, { type: 'ping' });
    await assert.rejects(
      supervisor.ask(1, { type: 'import', csv: 'Water the plants;low;999999999' }),
      fails(422, /^An import makes at most 500 tasks/),
    );
    assert.deepEqual(await supervisor.ask(1, { type: 'ping' }), { threadId });
  });

  it('ends the thread that was idle longest when there are too many, and refuses when all are busy', async () => {
    const supervisor = await start(noFaults, { workers: 2 });
    await supervisor.ask(1, { type: 'ping' });
    await supervisor.ask(2, { type: 'ping' });
    await supervisor.ask(3, { type: 'ping' });
    assert.deepEqual(
      [1, 2, 3].map((id) => stateOf(supervisor, id)),
      ['stopped', 'running', 'running'],
    );
    const busy = [2, 3].map((id) => supervisor.ask(id, { type: 'recalculate' }));
    await assert.rejects(supervisor.ask(1, { type: 'ping' }), fails(429, /^All 2 project workers are busy/));
    await Promise.all(busy);
  });

  it('has no thread for unknown, archived and deleted projects', async () => {
    const supervisor = await start(noFaults);
    await assert.rejects(supervisor.ask(99, { type: 'ping' }), fails(404, /^Project 99 does not exist/));
    await (await testDatabase()).pool.query(`UPDATE projects SET status = 'archived' WHERE id = 2`);
    await assert.rejects(supervisor.ask(2, { type: 'ping' }), fails(409, /^Project 2 is archived; make it active/));
    assert.deepEqual(supervisor.reports(), []);
    await supervisor.ask(1, { type: 'ping' });
    await bus.publish(projectTopic(1), { type: 'project.deleted', projectId: 1, project: null, userId: 1, node: 'a' });
    await until('the thread has ended', () => stateOf(supervisor) === 'stopped');
    assert.deepEqual(supervisor.reports(), []);
  });

  it('has a thread for each active project from the start, within the limit, and for new ones while there is room', async () => {
    const supervisor = await start(noFaults, { workers: 2 });
    const { pool } = await testDatabase();
    await pool.query(`UPDATE projects SET status = 'archived' WHERE id = 1`);
    await supervisor.startActive();
    assert.deepEqual(
      supervisor.reports().map(({ projectId, state }) => [projectId, state]),
      [
        [2, 'running'],
        [3, 'running'],
      ],
    );
    const created = (projectId: number): BusMessage => {
      const at = new Date().toISOString();
      const project = { id: projectId, name: 'x', description: '', ownerId: 1, createdAt: at, updatedAt: at };
      const message = { id: 'x', at, node: 'a', type: 'project.created' as const, projectId, userId: 1 };
      return { ...message, project: { ...project, status: 'active' } };
    };
    const { rows } = await pool.query<{ id: number }>(
      `INSERT INTO projects (name, owner_id) VALUES ('Garden', 1) RETURNING id`,
    );
    const garden = rows[0]?.id ?? 0;
    supervisor.hear(created(garden));
    assert.equal(stateOf(supervisor, garden), 'stopped');
    await bus.publish(projectTopic(2), { type: 'project.deleted', projectId: 2, project: null, userId: 1, node: 'a' });
    await until('there is room', () => supervisor.reports().length === 1);
    supervisor.hear(created(garden));
    await until('the new project has its thread', () => stateOf(supervisor, garden) === 'running');
  });

  it('forgets how a worker crashed when its project is deleted', async () => {
    const supervisor = await start(crash, { restarts: 0, restartsWithinMs: 60_000 });
    await assert.rejects(supervisor.ask(1, BY_ZERO), fails(503, /ended before/));
    await until('the worker is given up', () => stateOf(supervisor) === 'given-up');
    await bus.publish(projectTopic(1), { type: 'project.deleted', projectId: 1, project: null, userId: 1, node: 'a' });
    await until('it is forgotten', () => supervisor.reports().length === 0);
  });

  it('starts nothing any more once it is closed', async () => {
    const supervisor = await start(noFaults);
    const asked = supervisor.ask(1, { type: 'ping' });
    const closed = supervisor.close();
    await Promise.allSettled([asked, closed]);
    await assert.rejects(supervisor.ask(1, { type: 'ping' }), fails(503, /^TaskFlow is ending/));
    assert.notEqual(stateOf(supervisor), 'running');
  });
});

describe("routes of a project's worker", () => {
  beforeEach(() => resetData({ users: 3, projects: 2, tasks: 20 }));

  it('import makes tasks that the statistics count', async () => {
    const app = await startApp(noFaults);
    assert.equal((await app.request('GET', '/projects/1/worker')).body.state, 'stopped');
    const csv = 'Water the plants;low;3\r\n\nPaint the fence;high\nRest';
    const made = await app.request<{ taskIds: number[] }>('POST', '/projects/1/worker/import', { csv });
    const statistics = await app.request('POST', '/projects/1/worker/recalculate');
    const { body } = await app.request<{ tasks: { id: number; title: string; priority: string }[] }>(
      'GET',
      '/projects/1/tasks',
    );
    const stats = await app.request<{ workers: { projectId: number; state: string }[] }>('GET', '/stats');
    await app.close();
    assert.equal(made.status, 201);
    assert.deepEqual(
      made.body.taskIds
        .map((id) => body.tasks.find((task) => task.id === id))
        .map((task) => [task?.title, task?.priority]),
      [
        ['Water the plants (1 of 3)', 'low'],
        ['Water the plants (2 of 3)', 'low'],
        ['Water the plants (3 of 3)', 'low'],
        ['Paint the fence', 'high'],
        ['Rest', 'medium'],
      ],
    );
    assert.equal(statistics.body.tasks, 15);
    assert.deepEqual(
      stats.body.workers.map(({ projectId, state }) => [projectId, state]),
      [[1, 'running']],
    );
  });

  it('an import is made as a whole or not at all', async () => {
    const app = await startApp(noFaults);
    const { pool } = await testDatabase();
    const csv = 'First;low;3\nLast';
    // The last row of the import breaks it, once the others are in.
    await pool.query(`ALTER TABLE tasks ADD CONSTRAINT not_the_last CHECK (title <> 'Last')`);
    const failed = await app.request('POST', '/projects/1/worker/import', { csv });
    await pool.query('ALTER TABLE tasks DROP CONSTRAINT not_the_last');
    const left = await pool.query(`SELECT 1 FROM tasks WHERE title LIKE 'First%'`);
    const { statements } = await testDatabase();
    const before = statements.length;
    const made = await app.request<{ taskIds: number[] }>('POST', '/projects/1/worker/import', { csv });
    const inserts = statements.slice(before).filter((sql) => sql.includes('INSERT INTO tasks'));
    await app.close();
    assert.deepEqual([failed.status, left.rows.length], [500, 0]);
    assert.deepEqual([made.status, made.body.taskIds.length, inserts.length], [201, 4, 1]);
  });

  it('a worker that keeps crashing is given up, visibly, and the rest of the application goes on', async () => {
    const app = await startApp(crash);
    const budget = () => app.request('POST', '/projects/1/worker/budget', { cents: '100', people: 0 });
    // With the limits that TaskFlow has: the fourth crash does it, unless the four took more than five seconds.
    const statuses: number[] = [];
    while (statuses.length < 4 || (statuses.at(-1) === 503 && statuses.length < 40)) {
      statuses.push((await budget()).status);
    }
    assert.equal((await app.request('GET', '/projects/1/worker')).body.state, 'given-up');
    const refused = await budget();
    assert.equal(refused.status, 409);
    assert.match(String(refused.body.message), /^The worker of project 1 was given up after 3 restarts within 5000 ms/);
    const { body } = await app.request<{ workers: { projectId: number; state: string }[] }>('GET', '/stats');
    assert.deepEqual(
      body.workers.map(({ projectId, state }) => [projectId, state]),
      [[1, 'given-up']],
    );
    for (const [method, path] of [
      ['POST', '/projects/2/worker/ping'],
      ['GET', '/projects/1'],
      ['POST', '/projects/1/assign-next'],
    ] as const) {
      assert.equal((await app.request(method, path)).status, 200, path);
    }
    assert.equal((await app.request('POST', '/projects/1/worker/start')).body.state, 'running');
    await app.close();
  });

  it('answers what cannot be served with the reason', async () => {
    const app = await startApp(crash);
    const cases: [string, object | undefined, number, RegExp][] = [
      ['/projects/1/worker/budget', { cents: '100', people: 0 }, 503, /GET \/projects\/1\/worker says why/],
      ['/projects/1/worker/budget', { cents: '-1', people: 2 }, 400, /body\/cents must match pattern/],
      ['/projects/1/worker/import', { csv: 'Rest;urgent' }, 422, /^Line 1 of the import is "Rest;urgent"; write title/],
      ['/projects/1/worker/import', { csv: 'Rest;low;0' }, 422, /^Line 1 of the import/],
      ['/projects/99/worker/recalculate', undefined, 404, /^Project 99 does not exist/],
    ];
    for (const [path, body, status, message] of cases) {
      const reply = await app.request('POST', path, body);
      assert.equal(reply.status, status, path);
      assert.match(String(reply.body.message), message);
    }
    assert.equal((await app.request('GET', '/projects/99/worker')).status, 404);
    await app.close();
  });
});
