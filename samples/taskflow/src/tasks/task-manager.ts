import type { Announcer } from '../bus/announcer.js';
import type { Counters } from '../counters.js';
import { conflict, notFound } from '../errors.js';
import type { Faults } from '../faults.js';
import {
  type Holding,
  holderOf,
  type ImportedTask,
  type NewTask,
  type Task,
  type TaskChange,
  type TaskPatch,
  type TaskStatus,
} from './task.js';
import type { TaskRepository } from './task-repository.js';

/** A user's load as this process believes it, beside what the database says. */
export interface SlotReport {
  userId: number;
  slots: number;
  active: number;
  /** `active - slots`: above zero when updates of the slot were lost. */
  missing: number;
}

/** What routes and services do with tasks, whichever node's TaskManager does it. */
export type TaskOperations = Omit<Pick<TaskManager, keyof TaskManager>, 'start'>;

/**
 * Lives as long as the process and knows, without asking the database, how much work every user has.
 * All changes to tasks go through it, so that its figures follow.
 */
export class TaskManager {
  /** User id -> number of active tasks (assigned and not completed). */
  private readonly slots = new Map<number, number>();

  constructor(
    private readonly tasks: TaskRepository,
    private readonly faults: Faults,
    private readonly counters: Counters,
    private readonly announcer: Announcer,
  ) {}

  /** Takes the loads from the database. To be called once, before the first change. */
  async start(): Promise<void> {
    for (const [userId, active] of await this.tasks.countActiveByUser()) this.slots.set(userId, active);
  }

  /** Makes a new user known as somebody who has nothing to do yet. */
  addUser(userId: number): void {
    this.addToSlot(userId, 0);
  }

  /** Rejects with 404 for an unknown task. */
  async getTask(taskId: number): Promise<Task> {
    const task = await this.tasks.findById(taskId);
    if (!task) throw notFound('Task', taskId);
    return task;
  }

  /**
   * Makes a task the work of a user, whoever had it before.
   * Rejects with 404 for an unknown task, 422 for an unknown user, 409 for a completed task.
   */
  async assignTask(taskId: number, userId: number): Promise<Task> {
    this.counters.entered('TaskManager.assignTask');
    const slot = this.slots.get(userId) ?? 0;
    const change = await this.tasks.assign(taskId, userId);
    if (!change) throw await this.notAssignable(taskId);

    const previous = holderOf(change.before);
    if (previous !== userId) {
      if (previous !== null) this.addToSlot(previous, -1);
      if (this.faults.has('lost-update')) {
        // FAULT lost-update: `slot` was read before the await. Another assignment to the same user that finished
        // meanwhile has written the slot too, and this write undoes it.
        this.slots.set(userId, slot + 1);
      } else {
        // Read and written with no await in between: nothing can come between them.
        this.addToSlot(userId, 1);
      }
    }
    this.announcer.taskChanged('task.assigned', change);
    this.counters.completed('TaskManager.assignTask');
    return change.task;
  }

  /**
   * Makes a task nobody's work again; one that is nobody's stays as it is.
   * Rejects with 404 for an unknown task, 409 for a completed task.
   */
  async unassignTask(taskId: number): Promise<Task> {
    const change = await this.tasks.unassign(taskId);
    if (!change) {
      const task = await this.getTask(taskId);
      if (task.status === 'completed') throw completedAlready(taskId);
      return task;
    }
    this.moveLoad(change);
    this.announcer.taskChanged('task.updated', change);
    return change.task;
  }

  /** Completes a task; completing it again changes nothing. Rejects with 404 for an unknown task. */
  async completeTask(taskId: number): Promise<Task> {
    this.counters.entered('TaskManager.completeTask');
    const change = await this.tasks.complete(taskId);
    if (change) {
      this.moveLoad(change);
      this.announcer.taskChanged('task.completed', change);
    }
    const task = change?.task ?? (await this.getTask(taskId));
    this.counters.completed('TaskManager.completeTask');
    return task;
  }

  /** A project's tasks in the order they were made, all or those in one status. */
  async getTasksForProject(projectId: number, status?: TaskStatus): Promise<Task[]> {
    return this.tasks.findByProject(projectId, status);
  }

  /** Gives the project's most urgent unassigned task to the least loaded user; null when there is none left. */
  async assignNextAvailable(projectId: number): Promise<Task | null> {
    this.counters.entered('TaskManager.assignNextAvailable');
    const userId = this.leastLoadedUser();
    if (userId === undefined) throw conflict('There is no user to assign a task to; create one first.');
    // Booked before the await, so that the next caller already sees this user as busier.
    this.addToSlot(userId, 1);
    let change: TaskChange | null = null;
    try {
      change = await this.takeNext(projectId, userId);
    } finally {
      if (!change) this.addToSlot(userId, -1);
    }
    if (change) {
      const previous = holderOf(change.before);
      if (previous !== null) this.addToSlot(previous, -1);
      this.announcer.taskChanged('task.assigned', change);
    }
    this.counters.completed('TaskManager.assignNextAvailable');
    return change?.task ?? null;
  }

  /** Rejects with 404 for an unknown project, 422 for an unknown assignee. */
  async createTask(projectId: number, task: NewTask): Promise<Task> {
    this.counters.entered('TaskManager.createTask');
    const created = await this.tasks.insert(projectId, task);
    if (!created) throw notFound('Project', projectId);
    const before: Holding = { status: 'todo', assigneeId: null };
    this.moveLoad({ task: created, before });
    this.announcer.taskCreated(created);
    if (created.assigneeId !== null) this.announcer.taskChanged('task.assigned', { task: created, before });
    this.counters.completed('TaskManager.createTask');
    return created;
  }

  /** Makes all of them or none, and tells of them once they are there. Rejects with 404 for an unknown project. */
  async importTasks(projectId: number, tasks: readonly ImportedTask[]): Promise<Task[]> {
    const made = tasks.length === 0 ? [] : await this.tasks.insertAll(projectId, tasks);
    if (made.length < tasks.length) throw notFound('Project', projectId);
    for (const task of made) this.announcer.taskCreated(task);
    return made;
  }

  /** Changes fields; completing or reopening moves the assignee's load. Rejects with 404 for an unknown task. */
  async updateTask(taskId: number, patch: TaskPatch): Promise<Task> {
    const change = await this.tasks.update(taskId, patch);
    if (!change) throw notFound('Task', taskId);
    this.moveLoad(change);
    const completed = change.task.status === 'completed' && change.before.status !== 'completed';
    this.announcer.taskChanged(completed ? 'task.completed' : 'task.updated', change);
    return change.task;
  }

  async deleteTask(taskId: number): Promise<void> {
    const deleted = await this.tasks.delete(taskId);
    if (!deleted) throw notFound('Task', taskId);
    this.forgetTasks([deleted]);
    this.announcer.taskDeleted(deleted);
  }

  /** Takes tasks that are gone from their holders' loads. */
  forgetTasks(deleted: readonly Holding[]): void {
    for (const task of deleted) {
      const holder = holderOf(task);
      if (holder !== null) this.addToSlot(holder, -1);
    }
  }

  /** The slots beside the truth. Exact only when no change is under way. */
  async compareWithDatabase(): Promise<SlotReport[]> {
    const truth = await this.tasks.countActiveByUser();
    return [...truth].map(([userId, active]) => {
      const slots = this.slots.get(userId) ?? 0;
      return { userId, slots, active, missing: active - slots };
    });
  }

  private async takeNext(projectId: number, userId: number): Promise<TaskChange | null> {
    if (!this.faults.has('check-then-act')) {
      // Found and taken by one statement: nobody can come between.
      const task = await this.tasks.claimNext(projectId, userId);
      return task && { task, before: { status: 'todo', assigneeId: null } };
    }
    const free = await this.tasks.findNext(projectId);
    if (!free) return null;
    // FAULT check-then-act: the task was free when it was found. Whoever asked at the same time has found the same
    // one, and both of them take it: the last one gets it, and both were told that it is theirs.
    return this.tasks.assign(free.id, userId);
  }

  private leastLoadedUser(): number | undefined {
    let least: number | undefined;
    let leastLoad = Number.POSITIVE_INFINITY;
    for (const [userId, load] of this.slots) {
      if (load < leastLoad) {
        least = userId;
        leastLoad = load;
      }
    }
    return least;
  }

  /** Read and written with no await in between: nothing can come between them. */
  private moveLoad({ task, before }: TaskChange): void {
    const [previous, next] = [holderOf(before), holderOf(task)];
    if (previous === next) return;
    if (previous !== null) this.addToSlot(previous, -1);
    if (next !== null) this.addToSlot(next, 1);
  }

  private addToSlot(userId: number, by: number): void {
    this.slots.set(userId, (this.slots.get(userId) ?? 0) + by);
  }

  private async notAssignable(taskId: number): Promise<Error> {
    const task = await this.tasks.findById(taskId);
    return task ? completedAlready(taskId) : notFound('Task', taskId);
  }
}

const completedAlready = (taskId: number): Error =>
  conflict(`Task ${taskId} is completed; reopen it before assigning it.`);
