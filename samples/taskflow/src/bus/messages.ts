import type { Comment } from '../comments/comment.js';
import type { Project } from '../projects/project.js';
import type { Task } from '../tasks/task.js';

/** A row as it travels: JSON has no dates, so that a message is the same in this process and from another one. */
export type Plain<T> = { [Key in keyof T]: T[Key] extends Date ? string : T[Key] };

interface Origin {
  /** Another one for each message: who listens to two topics may get one twice. */
  id: string;
  /** When it was sent, as ISO text. */
  at: string;
  projectId: number;
  /** The name of the node that made the change. */
  node: string;
}

export interface TaskMessage extends Origin {
  type: 'task.created' | 'task.updated' | 'task.assigned' | 'task.completed' | 'task.deleted';
  taskId: number;
  /** Null when it was deleted. */
  task: Plain<Task> | null;
  /** Who holds it, or held it until it was deleted. */
  userId: number | null;
  /** Who held it before the change. */
  previousUserId: number | null;
}

export interface CommentMessage extends Origin {
  type: 'comment.created' | 'comment.updated' | 'comment.deleted';
  taskId: number;
  comment: Plain<Comment>;
  /** Its author. */
  userId: number;
}

export interface ProjectMessage extends Origin {
  type: 'project.created' | 'project.updated' | 'project.deleted';
  /** Null when it was deleted. */
  project: Plain<Project> | null;
  /** Its owner. */
  userId: number;
}

/** Somebody has a project's page open, in one browser window among possibly several. */
export interface PresenceMessage extends Origin {
  type: 'presence.joined' | 'presence.here' | 'presence.left';
  connectionId: string;
  userId: number;
  username: string;
}

export type BusMessage = TaskMessage | CommentMessage | ProjectMessage | PresenceMessage;

/** Everything about one project. */
export const projectTopic = (projectId: number): string => `project:${projectId}`;
/** What concerns one user: tasks it holds or held, projects it owns. */
export const userTopic = (userId: number): string => `user:${userId}`;

const kinds = ['task', 'comment', 'project', 'presence'];

/** The message in what a bus delivered; undefined for anything else, such as what a newer node may send. */
export function asBusMessage(value: unknown): BusMessage | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('projectId' in value)) return undefined;
  const { type, projectId } = value;
  if (typeof type !== 'string' || typeof projectId !== 'number') return undefined;
  return kinds.includes(type.split('.')[0] ?? '') ? (value as BusMessage) : undefined;
}

/** Dates as ISO text, all else as it is. */
export function plain<T extends object>(row: T): Plain<T> {
  const entries = Object.entries(row).map(([key, value]) => [key, value instanceof Date ? value.toISOString() : value]);
  return Object.fromEntries(entries) as Plain<T>;
}
