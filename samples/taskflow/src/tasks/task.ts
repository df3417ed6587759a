export const taskStatuses = ['todo', 'in_progress', 'completed'] as const;
export const taskPriorities = ['low', 'medium', 'high'] as const;

export type TaskStatus = (typeof taskStatuses)[number];
export type TaskPriority = (typeof taskPriorities)[number];

export interface Task {
  id: number;
  projectId: number;
  title: string;
  description: string;
  status: TaskStatus;
  priority: TaskPriority;
  /** Calendar day, `YYYY-MM-DD`. */
  dueDate: string | null;
  assigneeId: number | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewTask {
  title: string;
  description?: string;
  priority?: TaskPriority;
  dueDate?: string | null;
  /** Whose work it is from the start; nobody's without one. */
  assigneeId?: number | null;
}

/** A task as an import makes it: nobody's yet. */
export type ImportedTask = Omit<NewTask, 'assigneeId'>;

/** Fields left out stay as they are. Assignees change only through an assignment. */
export type TaskPatch = Partial<Pick<Task, 'title' | 'description' | 'status' | 'priority' | 'dueDate'>>;

/** What decides whom a task counts for. */
export type Holding = Pick<Task, 'status' | 'assigneeId'>;

/** What is left of a deleted task. */
export type TaskGone = Holding & Pick<Task, 'id' | 'projectId'>;

/** A task after a statement changed it, and whom it counted for before. */
export interface TaskChange {
  task: Task;
  before: Holding;
}

/** The user a task is work for: its assignee, until it is completed. */
export function holderOf(task: Holding): number | null {
  return task.status === 'completed' ? null : task.assigneeId;
}
