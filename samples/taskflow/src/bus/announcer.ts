import { randomUUID } from 'node:crypto';
import type { Comment } from '../comments/comment.js';
import type { Project } from '../projects/project.js';
import type { Task, TaskChange, TaskGone } from '../tasks/task.js';
import type { Bus } from './bus.js';
import {
  type BusMessage,
  type CommentMessage,
  type PresenceMessage,
  plain,
  projectTopic,
  type TaskMessage,
  userTopic,
} from './messages.js';

export type TaskChangeKind = 'task.updated' | 'task.assigned' | 'task.completed';

type Unsent<Message> = Message extends BusMessage ? Omit<Message, 'id' | 'at' | 'node'> : never;

/**
 * Tells the bus, and listeners in this process, what has changed. A change is made whether or not it can be told:
 * a bus that fails costs viewers an update, never a request its answer.
 */
export class Announcer {
  private readonly listeners: ((message: BusMessage) => void)[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly node: string,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Calls `listener` with every change made by this process, once, whatever nodes there are besides. */
  onOwn(listener: (message: BusMessage) => void): void {
    this.listeners.push(listener);
  }

  taskCreated(task: Task): void {
    this.tellTask('task.created', task, null);
  }

  taskChanged(type: TaskChangeKind, { task, before }: TaskChange): void {
    this.tellTask(type, task, before.assigneeId);
  }

  taskDeleted({ id: taskId, projectId, assigneeId: userId }: TaskGone): void {
    this.tell({ type: 'task.deleted', projectId, taskId, task: null, userId, previousUserId: userId }, [userId]);
  }

  commentChanged(type: CommentMessage['type'], projectId: number, comment: Comment): void {
    const { taskId, authorId: userId } = comment;
    this.tell({ type, projectId, taskId, comment: plain(comment), userId }, [userId]);
  }

  projectChanged(type: 'project.created' | 'project.updated', project: Project): void {
    const { id: projectId, ownerId: userId } = project;
    this.tell({ type, projectId, project: plain(project), userId }, [userId]);
  }

  projectDeleted({ id: projectId, ownerId: userId }: Project): void {
    this.tell({ type: 'project.deleted', projectId, project: null, userId }, [userId]);
  }

  /** Who looks at a project: told to others who do, and to nobody else. */
  presence(presence: Unsent<PresenceMessage>): void {
    this.publish(projectTopic(presence.projectId), this.stamped(presence));
  }

  private tellTask(type: TaskMessage['type'], task: Task, previousUserId: number | null): void {
    const { id: taskId, projectId, assigneeId: userId } = task;
    this.tell({ type, projectId, taskId, task: plain(task), userId, previousUserId }, [userId, previousUserId]);
  }

  private tell(change: Unsent<BusMessage>, concerned: (number | null)[]): void {
    const message = this.stamped(change);
    const users = new Set(concerned.filter((userId) => userId !== null));
    this.publish(projectTopic(message.projectId), message);
    for (const userId of users) this.publish(userTopic(userId), message);
    for (const listener of this.listeners) {
      try {
        listener(message);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  private stamped(change: Unsent<BusMessage>): BusMessage {
    return { ...change, id: randomUUID(), at: new Date().toISOString(), node: this.node };
  }

  private publish(topic: string, message: BusMessage): void {
    this.bus.publish(topic, message).catch(this.failed);
  }
}
