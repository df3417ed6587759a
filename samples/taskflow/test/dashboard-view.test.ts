import assert from 'node:assert/strict';
import { MemoryBus } from '../dist/bus/memory-bus.js';
import { type Plain, plain, projectTopic } from '../dist/bus/messages.js';
import type { DashboardData } from '../dist/live/dashboard-loader.js';
import { DashboardView } from '../dist/live/dashboard-view.js';
import type { LiveMessage } from '../dist/live/patch.js';
import type { Project } from '../dist/projects/project.js';
import type { Task } from '../dist/tasks/task.js';
import { until } from './support.js';

const made = new Date('2026-01-01T00:00:00Z');

const project = (id: number): Project => ({
  id,
  name: `Project ${id}`,
  description: '',
  status: 'active',
  ownerId: 1,
  createdAt: made,
  updatedAt: made,
});

const task = (projectId: number, title: string): Task => ({
  id: projectId * 10,
  projectId,
  title,
  description: '',
  status: 'todo',
  priority: 'low',
  dueDate: null,
  assigneeId: null,
  createdAt: made,
  updatedAt: made,
});

describe('DashboardView', () => {
  /** What the page shows in the end when `during` happens just after the data has been read for the n-th time. */
  const shown = async (
    read: (time: number) => DashboardData,
    knownIds: number[],
    during: (time: number, bus: MemoryBus) => Promise<unknown>,
  ): Promise<string[]> => {
    const bus = new MemoryBus();
    let time = 0;
    const loader = {
      projectIds: async () => knownIds,
      load: async () => {
        time += 1;
        const data = read(time);
        await during(time, bus);
        return data;
      },
      project: async () => null,
    };
    const sent: LiveMessage[] = [];
    const client = { send: (message: LiveMessage) => void sent.push(message) };
    const user = { id: 1, username: 'user1' };
    const view = new DashboardView(user, 'main', loader as never, bus, client, (error) => assert.fail(String(error)));
    await view.start();
    let titles: string[] = [];
    await until('the page shows everything', () => {
      const [first, ...later] = sent;
      assert.equal(first?.type, 'render');
      const tasks = (first.assigns as { tasks: Plain<Task>[] }).tasks;
      titles = tasks.map((one) => one.title);
      return titles.includes('New') || JSON.stringify(later).includes('"New"');
    });
    view.stop();
    return titles;
  };

  const announce = (bus: MemoryBus, changed: Task): Promise<void> =>
    bus.publish(projectTopic(changed.projectId), {
      id: 'm1',
      at: made.toISOString(),
      node: 'main',
      type: 'task.updated',
      projectId: changed.projectId,
      taskId: changed.id,
      task: plain({ ...changed, updatedAt: new Date('2026-01-02T00:00:00Z') }),
      userId: null,
      previousUserId: null,
    });

  it('misses no change that is made while it loads', async () => {
    await shown(
      () => ({ projects: [project(1)], tasks: [task(1, 'Old')] }),
      [1],
      (_time, bus) => announce(bus, task(1, 'New')),
    );
  });

  it('reads again when a project has joined meanwhile, whose changes it did not follow', async () => {
    const titles = await shown(
      (time) => ({ projects: [project(1), project(2)], tasks: [task(2, time === 1 ? 'Old' : 'New')] }),
      [1],
      async (time, bus) => time === 1 && announce(bus, task(2, 'New')),
    );
    assert.deepEqual(titles, ['New']);
  });
});
