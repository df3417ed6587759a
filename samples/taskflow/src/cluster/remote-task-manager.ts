import type { Holding, ImportedTask, NewTask, Task, TaskPatch, TaskStatus } from '../tasks/task.js';
import type { SlotReport, TaskManager, TaskOperations } from '../tasks/task-manager.js';
import type { PeerClient } from './peer-client.js';

type Sent = Omit<Task, 'createdAt' | 'updatedAt'> & { createdAt: string; updatedAt: string };

/**
 * Uses the TaskManager of another node: whoever knows the loads has to see every change to them, so that there can be
 * one only. What does not touch them is done by this node itself.
 */
export class RemoteTaskManager implements TaskOperations {
  constructor(
    private readonly local: TaskManager,
    private readonly peer: Pick<PeerClient, 'post'>,
    /** Told of what nobody waits for when it fails. */
    private readonly failed: (error: unknown) => void,
  ) {}

  getTask(taskId: number): Promise<Task> {
    return this.local.getTask(taskId);
  }

  getTasksForProject(projectId: number, status?: TaskStatus): Promise<Task[]> {
    return this.local.getTasksForProject(projectId, status);
  }

  /** A task that is somebody's from the start counts in that user's load. */
  async createTask(projectId: number, task: NewTask): Promise<Task> {
    if (typeof task.assigneeId !== 'number') return this.local.createTask(projectId, task);
    return received(await this.peer.post('/internal/create', { projectId, task }));
  }

  importTasks(projectId: number, tasks: readonly ImportedTask[]): Promise<Task[]> {
    return this.local.importTasks(projectId, tasks);
  }

  async assignTask(taskId: number, userId: number): Promise<Task> {
    return received(await this.peer.post('/internal/assign', { taskId, userId }));
  }

  async unassignTask(taskId: number): Promise<Task> {
    return received(await this.peer.post('/internal/unassign', { taskId }));
  }

  async assignNextAvailable(projectId: number): Promise<Task | null> {
    const { task } = (await this.peer.post('/internal/assign-next', { projectId })) as { task: Sent | null };
    return task && received(task);
  }

  async completeTask(taskId: number): Promise<Task> {
    return received(await this.peer.post('/internal/complete', { taskId }));
  }

  async updateTask(taskId: number, patch: TaskPatch): Promise<Task> {
    return received(await this.peer.post('/internal/update', { taskId, patch }));
  }

  async deleteTask(taskId: number): Promise<void> {
    await this.peer.post('/internal/delete', { taskId });
  }

  addUser(userId: number): void {
    this.peer.post('/internal/add-user', { userId }).catch(this.failed);
  }

  forgetTasks(tasks: readonly Holding[]): void {
    if (tasks.length > 0) this.peer.post('/internal/forget', { tasks }).catch(this.failed);
  }

  async compareWithDatabase(): Promise<SlotReport[]> {
    const { slots } = (await this.peer.post('/internal/slots', {})) as { slots: SlotReport[] };
    return slots;
  }
}

/** JSON has no dates. */
function received(body: unknown): Task {
  const task = body as Sent;
  return { ...task, createdAt: new Date(task.createdAt), updatedAt: new Date(task.updatedAt) };
}
