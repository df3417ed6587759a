import type { Task } from '../tasks/task.js';

const WEIGHTS = { low: 0, medium: 10, high: 20 } as const;
const DAY = 24 * 60 * 60 * 1000;

/** How urgent an open task is: its priority, and more the nearer its due date (overdue counts most). Completed: -1. */
export const urgencyOf = (task: Task, now: Date): number => {
  if (task.status === 'completed') return -1;
  const weight = WEIGHTS[task.priority];
  if (task.dueDate === null) return weight;
  const daysLeft = (Date.parse(task.dueDate) - now.getTime()) / DAY;
  return weight + Math.max(0, Math.min(15, 15 - daysLeft));
};

/** A sorted copy, most urgent first; equal ones keep their order. */
export function sortByUrgency(tasks: readonly Task[], now: Date): Task[] {
  const urgencies = new Map(tasks.map((task) => [task, urgencyOf(task, now)]));
  return [...tasks].sort((a, b) => (urgencies.get(b) ?? 0) - (urgencies.get(a) ?? 0));
}

/** The completed share from 0 to 1; 0 for a project without tasks. */
export function progressOf(tasks: readonly Task[]): number {
  if (tasks.length === 0) return 0;
  return tasks.filter((task) => task.status === 'completed').length / tasks.length;
}
