import type { Plain } from '../bus/messages.js';
import type { ImportedTask, Task, TaskPriority, TaskStatus } from '../tasks/task.js';

/** What a worker keeps of a task. */
export type KnownTask = Pick<Plain<Task>, 'id' | 'status' | 'priority' | 'dueDate' | 'assigneeId' | 'updatedAt'>;

export interface WorkerStatistics {
  tasks: number;
  byStatus: Record<TaskStatus, number>;
  byPriority: Record<TaskPriority, number>;
  overdue: number;
  /** Open tasks by their assignee's id; "none" for those without. */
  openByAssignee: Record<string, number>;
  /** How often this worker has calculated since it was started. */
  calculations: number;
}

export interface Share {
  /** In cents, as text: amounts may be larger than a number can hold. */
  share: string;
  remainder: string;
}

/** What a worker can be asked. */
export type WorkerQuestion =
  | { type: 'ping' }
  | { type: 'recalculate' }
  | { type: 'budget'; cents: string; people: number }
  | { type: 'import'; csv: string };

/** What it answers, by the type of the question. */
export interface WorkerAnswers {
  ping: { threadId: number };
  recalculate: WorkerStatistics;
  budget: Share;
  import: { tasks: ImportedTask[] };
}

export type AnswerTo<Q extends WorkerQuestion> = WorkerAnswers[Q['type']];

/** To the worker: a question with a number, or news of a task, which nobody answers. */
export type ToWorker =
  | { kind: 'question'; id: number; question: WorkerQuestion }
  | { kind: 'task'; task: KnownTask }
  | { kind: 'task-deleted'; taskId: number };

/** From the worker, with the number of the question. A refusal says what the caller did wrong. */
export type FromWorker = { id: number; answer: WorkerAnswers[keyof WorkerAnswers] } | { id: number; refusal: string };

/** What a worker thread is started with. */
export interface WorkerStart {
  projectId: number;
  tasks: KnownTask[];
  faults: string[];
}
