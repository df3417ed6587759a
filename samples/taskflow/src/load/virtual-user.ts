import { pick } from '../random.js';
import type { Action } from './actions.js';
import type { Answer, Caller, Client } from './client.js';
import { type Login, SEEDED_PASSWORD, tokenIn, type World } from './world.js';

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
  private readonly caller: Caller;
  /** Closes the live page that is open. */
  private closePage: (() => void) | undefined;

  constructor(
    private readonly number: number,
    private readonly world: World,
    private readonly client: Pick<Client, 'as'>,
    private readonly login: Login,
  ) {
    this.caller = client.as(login.token);
  }

  async perform(action: Action): Promise<void> {
    const project = pick(this.world.projectIds, action.place);
    switch (action.kind) {
      case 'list-projects':
        await this.caller.send('GET /projects', '/projects');
        return;
      case 'open-project':
        await this.caller.send('GET /projects/:id', `/projects/${project}`);
        return;
      case 'list-tasks':
        await this.caller.send('GET /projects/:id/tasks', `/projects/${project}/tasks`);
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
        await this.caller.send('POST /projects/:id/assign-next', `/projects/${project}/assign-next`);
        return;
      case 'complete-task':
        return this.withTask(action, (id) => this.completeTask(id));
      case 'delete-task':
        if (this.open.length + this.completed.length === 0) await this.createTask(action);
        await this.deleteTask();
        return;
      case 'read-summary':
        await this.caller.send('GET /projects/:id/summary', `/projects/${project}/summary`);
        return;
      case 'write-comment':
        return this.withTask(action, (id) => this.writeComment(id));
      case 'read-comments':
        return this.withTask(action, (id) => this.readComments(id));
      case 'watch-dashboard':
        return this.watch('WS /live/dashboard', '/live/dashboard');
      case 'watch-project':
        return this.watch('WS /live/projects/:id', `/live/projects/${project}`);
      case 'recalculate':
        await this.caller.send('POST /projects/:id/worker/recalculate', `/projects/${project}/worker/recalculate`);
        return;
      case 'make-project':
        return this.makeProject();
      case 'log-in-again':
        return this.logInAgain();
      case 'make-report':
        return this.makeReport(action);
      default:
        action.kind satisfies never;
    }
  }

  private async writeComment(taskId: number): Promise<void> {
    const path = `/tasks/${taskId}/comments`;
    await this.caller.send('POST /tasks/:id/comments', path, { body: `Seen by virtual user ${this.number}.` });
  }

  private async readComments(taskId: number): Promise<void> {
    await this.caller.send('GET /tasks/:id/comments', `/tasks/${taskId}/comments`);
  }

  /** The page stays open until this user looks at another one. */
  private async watch(name: string, path: string): Promise<void> {
    this.closePage?.();
    this.closePage = await this.caller.watch(name, path);
  }

  /** One of its own, exported while it is empty, and gone again. */
  private async makeProject(): Promise<void> {
    const name = `Idea of virtual user ${this.number}`;
    const id = createdId(await this.caller.send('POST /projects', '/projects', { name }));
    if (id === undefined) return;
    await this.caller.send('PATCH /projects/:id', `/projects/${id}`, { description: 'On second thoughts.' });
    await this.caller.send('GET /projects/:id/export', `/projects/${id}/export`);
    await this.caller.send('DELETE /projects/:id', `/projects/${id}`);
  }

  /** As on a second device: the session of the virtual user itself goes on. */
  private async logInAgain(): Promise<void> {
    const credentials = { login: this.login.username, password: SEEDED_PASSWORD };
    const { body } = await this.client.as(undefined).send('POST /login', '/login', credentials);
    const token = tokenIn(body);
    if (token === undefined) return;
    const device = this.client.as(token);
    await device.send('GET /me', '/me');
    await device.send('POST /logout', '/logout');
  }

  private async makeReport(action: Action): Promise<void> {
    const period = { kind: 'monthly', year: 2026, month: 1 + Math.floor(action.place * 12) };
    const answer = await this.caller.send('POST /reports', '/reports', period);
    const id = createdId(answer);
    if (id !== undefined) await this.caller.send('GET /reports/:id', `/reports/${id}`);
  }

  private async createTask(action: Action): Promise<void> {
    if (this.open.length + this.completed.length >= MOST_TASKS) await this.deleteTask();
    this.made += 1;
    const project = pick(this.world.projectIds, action.place);
    const answer = await this.caller.send('POST /projects/:id/tasks', `/projects/${project}/tasks`, {
      title: `Task ${this.made} of virtual user ${this.number}`,
      priority: pick(['low', 'medium', 'high'], action.task),
    });
    const id = createdId(answer);
    if (id !== undefined) this.open.push(id);
  }

  private async editTask(id: number): Promise<void> {
    await this.caller.send('PATCH /tasks/:id', `/tasks/${id}`, {
      description: 'Looked at again.',
      dueDate: '2030-01-31',
    });
  }

  private async assign(id: number, userId: number | undefined): Promise<void> {
    await this.caller.send('POST /tasks/:id/assign', `/tasks/${id}/assign`, { userId });
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
    await this.caller.send('POST /tasks/:id/complete', `/tasks/${id}/complete`);
  }

  private async deleteTask(): Promise<void> {
    const id = this.completed.shift() ?? this.open.shift();
    if (id !== undefined) await this.caller.send('DELETE /tasks/:id', `/tasks/${id}`);
  }

  /** Makes a task first when there is none to work with. */
  private async withTask(action: Action, work: (id: number) => Promise<void>): Promise<void> {
    if (this.open.length === 0) await this.createTask(action);
    const id = pick(this.open, action.task);
    if (id !== undefined) await work(id);
  }
}

function createdId(answer: Answer): number | undefined {
  if (answer.status !== 201 && answer.status !== 202) return undefined;
  const { body } = answer;
  if (typeof body !== 'object' || body === null || !('id' in body)) return undefined;
  return typeof body.id === 'number' ? body.id : undefined;
}
