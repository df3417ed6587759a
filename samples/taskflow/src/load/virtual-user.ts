import { pick } from '../random.js';
import type { Action } from './actions.js';
import type { Answer, Client } from './client.js';

/** What all virtual users know about the server before they begin. */
export interface World {
  userIds: readonly number[];
  projectIds: readonly number[];
}

const BURST = 5;
// Everybody piles work on the same few people: that is when assignments to one user overlap.
const BUSY_PEOPLE = 3;
// Whoever has this many tasks clears one away before adding another, so that long runs do not grow the database.
const MOST_TASKS = 40;

/**
 * Works with tasks it made itself, so that virtual users do not run into each other's deleted tasks and an error
 * answer means something.
 */
export class VirtualUser {
  private readonly open: number[] = [];
  private readonly completed: number[] = [];
  private made = 0;

  constructor(
    private readonly number: number,
    private readonly world: World,
    private readonly client: Pick<Client, 'send'>,
  ) {}

  async perform(action: Action): Promise<void> {
    const project = pick(this.world.projectIds, action.place);
    switch (action.kind) {
      case 'list-projects':
        await this.client.send('GET /projects', '/projects');
        return;
      case 'open-project':
        await this.client.send('GET /projects/:id', `/projects/${project}`);
        return;
      case 'list-tasks':
        await this.client.send('GET /projects/:id/tasks', `/projects/${project}/tasks`);
        return;
      case 'create-task':
        await this.createTask(action);
        return;
      case 'edit-task':
        return this.withTask(action, (id) => this.editTask(id));
      case 'assign-task':
        return this.withTask(action, (id) => this.assign(id, pick(this.world.userIds, action.person)));
      case 'assign-burst':
        return this.assignBurst(action);
      case 'assign-next':
        await this.client.send('POST /projects/:id/assign-next', `/projects/${project}/assign-next`);
        return;
      case 'complete-task':
        return this.withTask(action, (id) => this.completeTask(id));
      case 'delete-task':
        await this.deleteTask();
        return;
      default:
        action.kind satisfies never;
    }
  }

  private async createTask(action: Action): Promise<void> {
    if (this.open.length + this.completed.length >= MOST_TASKS) await this.deleteTask();
    this.made += 1;
    const project = pick(this.world.projectIds, action.place);
    const answer = await this.client.send('POST /projects/:id/tasks', `/projects/${project}/tasks`, {
      title: `Task ${this.made} of virtual user ${this.number}`,
      priority: pick(['low', 'medium', 'high'], action.task),
    });
    const id = createdId(answer);
    if (id !== undefined) this.open.push(id);
  }

  private async editTask(id: number): Promise<void> {
    await this.client.send('PATCH /tasks/:id', `/tasks/${id}`, {
      description: 'Looked at again.',
      dueDate: '2030-01-31',
    });
  }

  private async assign(id: number, userId: number | undefined): Promise<void> {
    await this.client.send('POST /tasks/:id/assign', `/tasks/${id}/assign`, { userId });
  }

  /** Several tasks for one person, all at the same time, as when a team lead hands out a sprint. */
  private async assignBurst(action: Action): Promise<void> {
    while (this.open.length < BURST) {
      const before = this.open.length;
      await this.createTask(action);
      if (this.open.length === before) return;
    }
    const userId = pick(this.world.userIds.slice(0, BUSY_PEOPLE), action.person);
    const first = Math.floor(action.task * this.open.length);
    const chosen = Array.from({ length: BURST }, (_, index) => this.open[(first + index) % this.open.length] as number);
    await Promise.all(chosen.map((id) => this.assign(id, userId)));
  }

  private async completeTask(id: number): Promise<void> {
    this.open.splice(this.open.indexOf(id), 1);
    this.completed.push(id);
    await this.client.send('POST /tasks/:id/complete', `/tasks/${id}/complete`);
  }

  private async deleteTask(): Promise<void> {
    const id = this.completed.shift() ?? this.open.shift();
    if (id !== undefined) await this.client.send('DELETE /tasks/:id', `/tasks/${id}`);
  }

  /** Makes a task first when there is none to work with. */
  private async withTask(action: Action, work: (id: number) => Promise<void>): Promise<void> {
    if (this.open.length === 0) await this.createTask(action);
    const id = pick(this.open, action.task);
    if (id !== undefined) await work(id);
  }
}

function createdId(answer: Answer): number | undefined {
  if (answer.status !== 201) return undefined;
  const { body } = answer;
  if (typeof body !== 'object' || body === null || !('id' in body)) return undefined;
  return typeof body.id === 'number' ? body.id : undefined;
}
