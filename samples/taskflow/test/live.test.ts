import assert from 'node:assert/strict';
import { type Faults, noFaults } from '../dist/faults.js';
import type { Activity } from '../dist/live/dashboard-view.js';
import type { Project } from '../dist/projects/project.js';
import type { Task } from '../dist/tasks/task.js';
import { TestSocket } from './socket.js';
import { logInAs, resetData, startApp, type TestApp, testDatabase, until } from './support.js';

interface LiveCounts {
  sockets: number;
  dashboardModels: number;
  projectModels: number;
}

describe('live pages', () => {
  let app: TestApp;
  const sockets: TestSocket[] = [];

  const start = async (faults: Faults = noFaults): Promise<void> => {
    await resetData({ users: 3, projects: 3, tasks: 12 });
    await (await testDatabase()).pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL`);
    app = await startApp(faults);
  };

  const open = async (path: string, userId = 1): Promise<TestSocket> => {
    const socket = await TestSocket.open(app.url, path, { cookie: `taskflow_session=${await logInAs(userId)}` });
    sockets.push(socket);
    return socket;
  };

  const counts = async (): Promise<LiveCounts> => (await app.request<{ live: LiveCounts }>('GET', '/stats')).body.live;

  const newTask = async (projectId: number, title: string): Promise<Task> =>
    (await app.request<Task>('POST', `/projects/${projectId}/tasks`, { title })).body;

  afterEach(async () => {
    for (const socket of sockets.splice(0)) await socket.close();
    await app.close();
  });

  it('are for users who are logged in, for projects that exist, and for our own pages', async () => {
    await start();
    const cookie = `taskflow_session=${await logInAs(1)}`;
    await assert.rejects(TestSocket.open(app.url, '/live/dashboard', {}), /refused with 401/);
    await assert.rejects(TestSocket.open(app.url, '/live/projects/99', { cookie }), /refused with 404/);
    const foreign = { cookie, origin: 'http://elsewhere.example' };
    await assert.rejects(TestSocket.open(app.url, '/live/dashboard', foreign), /refused with 403/);
    const own = await TestSocket.open(app.url, '/live/dashboard', { cookie, origin: app.url });
    sockets.push(own);
  });

  it('the dashboard shows own projects with their tasks, and own tasks elsewhere', async () => {
    await start();
    const elsewhere = await newTask(2, 'Elsewhere');
    await app.request('POST', `/tasks/${elsewhere.id}/assign`, { userId: 1 });
    const { assigns } = await open('/live/dashboard');
    const projects = assigns.projects as Project[];
    const tasks = assigns.tasks as Task[];
    assert.deepEqual(
      projects.map((project) => project.id),
      [1, 2],
    );
    assert.equal(tasks.filter((task) => task.projectId === 1).length, 4);
    assert.deepEqual(
      tasks.filter((task) => task.projectId === 2).map((task) => task.id),
      [elsewhere.id],
    );
  });

  it('the dashboard follows tasks that are created, assigned to and taken from its user, and deleted', async () => {
    await start();
    const page = await open('/live/dashboard');
    const own = await newTask(1, 'In my project');
    await until('the new task is shown', () => page.put<Task>('tasks').some((task) => task.id === own.id));

    const other = await newTask(3, 'Elsewhere');
    await app.request('POST', `/tasks/${other.id}/assign`, { userId: 1 });
    await until('the assigned task is shown', () => page.put<Task>('tasks').some((task) => task.id === other.id));
    assert.deepEqual(
      page.put<Project>('projects').map((project) => project.id),
      [3],
    );
    await app.request('POST', `/tasks/${other.id}/assign`, { userId: 2 });
    await until('it is taken away', () => page.removed('tasks').includes(other.id));
    // As after a reload, which would not show a project that is neither the user's nor has a task of the user's.
    assert.deepEqual(page.removed('projects'), [3]);
    await app.request('PATCH', '/projects/1', { name: 'Mine' });
    await newTask(3, 'Of no concern');
    await until('a later change is shown', () => page.put<Project>('projects').some((one) => one.name === 'Mine'));
    assert.ok(page.put<Activity>('activity').every((one) => one.text !== 'Of no concern'));

    await app.request('DELETE', `/tasks/${own.id}`);
    await until('the deleted task is gone', () => page.removed('tasks').includes(own.id));
    const happened = page.put<Activity>('activity').filter((one) => one.taskId === own.id);
    assert.deepEqual(
      happened.map(({ type, text }) => [type, text]),
      [
        ['task.created', 'In my project'],
        ['task.deleted', 'In my project'],
      ],
    );
    // Each message came by the topic of the user and by that of the project, and was handled once.
    const ids = page.put<Activity>('activity').map((one) => one.id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('end with the session that they were opened with', async () => {
    await start();
    const logIn = async (): Promise<string> =>
      (await app.request<{ token: string }>('POST', '/login', { login: 'user2', password: 'taskflow' })).body.token;
    const openAs = async (token: string): Promise<TestSocket> => {
      const socket = await TestSocket.open(app.url, '/live/dashboard', { authorization: `Bearer ${token}` });
      sockets.push(socket);
      return socket;
    };
    const [first, second, third] = [await logIn(), await logIn(), await logIn()];
    const [kept, changed, left] = [await openAs(first), await openAs(second), await openAs(third)];
    await fetch(`${app.url}/logout`, { method: 'POST', headers: { authorization: `Bearer ${third}` } });
    await until('the socket of the session that was logged out is closed', () => left.closedWith === 1008);
    assert.deepEqual([kept.closedWith, changed.closedWith], [undefined, undefined]);
    await fetch(`${app.url}/me`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${first}`, 'content-type': 'application/json' },
      body: JSON.stringify({ currentPassword: 'taskflow', newPassword: 'something else' }),
    });
    await until('that of another device is closed', () => changed.closedWith === 1008);
    assert.equal(kept.closedWith, undefined);
  });

  it('a new project appears on the dashboard, and a deleted one disappears with its tasks', async () => {
    await start();
    const page = await open('/live/dashboard');
    const { body: project } = await app.request<Project>('POST', '/projects', { name: 'Garden' });
    const task = await newTask(project.id, 'Sweep');
    await until('the task is shown', () => page.put<Task>('tasks').some((one) => one.id === task.id));
    await app.request('DELETE', `/projects/${project.id}`);
    await until('the project is gone', () => page.removed('projects').includes(project.id));
    assert.deepEqual(page.removed('tasks'), [task.id]);
  });

  it('two users on one project see each other, and what each of them does', async () => {
    await start();
    const first = await open('/live/projects/1');
    const second = await open('/live/projects/1', 2);
    const names = (page: TestSocket): string[] =>
      page.put<{ id: string; username: string }>('people').map((one) => one.username);
    await until('the first sees both', () => names(first).includes('user1') && names(first).includes('user2'));
    await until('the second sees both', () => names(second).includes('user1') && names(second).includes('user2'));

    const task = await newTask(1, 'Sweep');
    await app.request('POST', `/tasks/${task.id}/comments`, { body: 'Which broom?' });
    for (const page of [first, second]) {
      await until('the task is shown', () => page.put<Task>('tasks').some((one) => one.id === task.id));
      await until('the comment is shown', () => page.put<{ id: number; body: string }>('comments').length === 1);
    }
    await app.request('POST', `/tasks/${task.id}/complete`);
    await until('it is completed', () => second.put<Task>('tasks').at(-1)?.status === 'completed');
    assert.equal(
      first.put<Task>('tasks').some((one) => one.projectId !== 1),
      false,
    );

    await second.close();
    await until('the first sees that the second left', () => first.removed('people').length === 1);
    await app.request('DELETE', '/projects/1');
    await until('the page is told that the project is gone', () =>
      first.messages.some((message) => message.type === 'gone'),
    );
  });

  for (const on of [true, false]) {
    const state = on ? 'on' : 'off';

    it(`fault connection-leak ${state}: the model of a closed dashboard is ${on ? 'kept' : 'dropped'}`, async () => {
      await start(on ? new Set(['connection-leak']) : noFaults);
      for (let opened = 0; opened < 3; opened += 1) await (await open('/live/dashboard')).close();
      await (await open('/live/projects/1')).close();
      await until('all sockets are closed', async () => (await counts()).sockets === 0);
      assert.deepEqual(await counts(), { sockets: 0, dashboardModels: on ? 3 : 0, projectModels: 0 });
    });

    it(`fault n-plus-one ${state}: a project's page asks for tasks ${on ? 'one by one' : 'once'}`, async () => {
      await start(on ? new Set(['n-plus-one']) : noFaults);
      const { statements } = await testDatabase();
      const before = statements.length;
      const { assigns } = await open('/live/projects/1');
      const asked = statements.slice(before).filter((sql) => /FROM tasks WHERE (id|project_id) = \$1/.test(sql));
      assert.equal((assigns.tasks as Task[]).length, 4);
      // The comments are asked for by project, too.
      assert.equal(asked.length, on ? 1 + 1 + 4 : 1 + 1);
    });

    it(`fault n-plus-one ${state}: the dashboard asks for tasks ${on ? 'project by project' : 'once'}`, async () => {
      await start(on ? new Set(['n-plus-one']) : noFaults);
      await (await testDatabase()).pool.query('UPDATE projects SET owner_id = 1');
      const { statements } = await testDatabase();
      const before = statements.length;
      const { assigns } = await open('/live/dashboard');
      const asked = statements.slice(before).filter((sql) => /FROM tasks WHERE project_id/.test(sql));
      assert.equal(asked.length, on ? 3 : 1);
      assert.equal((assigns.tasks as Task[]).length, 12);
    });
  }
});
