import type { Faults } from '../faults.js';
import type { ImportedTask } from '../tasks/task.js';
import { MAX_IMPORTED_TASKS, Refusal, readTaskRows } from './import.js';
import type {
  AnswerTo,
  KnownTask,
  Share,
  WorkerAnswers,
  WorkerQuestion,
  WorkerStart,
  WorkerStatistics,
} from './messages.js';

/** Keeps one project's tasks in memory and answers what would keep the main thread too long. Runs in its own thread. */
export class ProjectWorker {
  private readonly tasks: Map<number, KnownTask>;
  private calculations = 0;

  constructor(
    start: Pick<WorkerStart, 'tasks'>,
    private readonly threadId: number,
    private readonly faults: Faults,
  ) {
    this.tasks = new Map(start.tasks.map((task) => [task.id, task]));
  }

  /** Answers a question; throws a Refusal when the question is at fault. */
  answer<Q extends WorkerQuestion>(question: Q): AnswerTo<Q>;
  answer(question: WorkerQuestion): WorkerAnswers[keyof WorkerAnswers] {
    switch (question.type) {
      case 'ping':
        return { threadId: this.threadId };
      case 'recalculate':
        return this.recalculate(new Date());
      case 'budget':
        return this.splitBudget(BigInt(question.cents), question.people);
      case 'import':
        return { tasks: this.importTasks(question.csv) };
    }
  }

  /** Takes a task as it is now, unless what is known is newer. */
  learn(task: KnownTask): void {
    const known = this.tasks.get(task.id);
    if (known && known.updatedAt > task.updatedAt) return;
    this.tasks.set(task.id, task);
  }

  forget(taskId: number): void {
    this.tasks.delete(taskId);
  }

  private recalculate(now: Date): WorkerStatistics {
    this.calculations += 1;
    const today = now.toISOString().slice(0, 10);
    const statistics: WorkerStatistics = {
      tasks: this.tasks.size,
      byStatus: { todo: 0, in_progress: 0, completed: 0 },
      byPriority: { low: 0, medium: 0, high: 0 },
      overdue: 0,
      openByAssignee: {},
      calculations: this.calculations,
    };
    for (const { status, priority, dueDate, assigneeId } of this.tasks.values()) {
      statistics.byStatus[status] += 1;
      statistics.byPriority[priority] += 1;
      if (status === 'completed') continue;
      if (dueDate !== null && dueDate < today) statistics.overdue += 1;
      const assignee = String(assigneeId ?? 'none');
      statistics.openByAssignee[assignee] = (statistics.openByAssignee[assignee] ?? 0) + 1;
    }
    return statistics;
  }

  /** The equal share of each person, to the cent. */
  private splitBudget(cents: bigint, people: number): Share {
    if (!this.faults.has('worker-crash') && people < 1) {
      throw new Refusal('A budget cannot be split among 0 people; give at least 1.');
    }
    // FAULT worker-crash: nobody looks whether there is anyone to share with, and dividing a BigInt by zero throws.
    // Nothing catches it here, so the thread dies. Correct: the refusal above, without the fault.
    const divisor = BigInt(people);
    return { share: String(cents / divisor), remainder: String(cents % divisor) };
  }

  private importTasks(csv: string): ImportedTask[] {
    const tasks: ImportedTask[] = [];
    for (const task of readTaskRows(csv)) {
      tasks.push(task);
      // FAULT worker-oom: the limit is looked at only when everything has been read, and one line with enough
      // repetitions fills the thread's memory before. Correct: reading ends where the limit is passed.
      if (!this.faults.has('worker-oom') && tasks.length > MAX_IMPORTED_TASKS) break;
    }
    if (tasks.length > MAX_IMPORTED_TASKS) {
      throw new Refusal(`An import makes at most ${MAX_IMPORTED_TASKS} tasks; split it, or lower its repetitions.`);
    }
    return tasks;
  }
}
