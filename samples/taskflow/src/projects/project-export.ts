import type { Faults } from '../faults.js';
import type { Task } from '../tasks/task.js';
import type { PublicUser } from '../users/user.js';
import type { Project } from './project.js';

export interface ExportFile {
  name: string;
  text: string;
}

const HEAD = ['id', 'title', 'status', 'priority', 'due', 'assignee', 'created', 'updated'];

/** A project's tasks as CSV, in a file named after the project and the day of its last change. */
export function exportProject(
  project: Project,
  tasks: readonly Task[],
  users: readonly PublicUser[],
  faults: Faults,
): ExportFile {
  const names = new Map(users.map((user) => [user.id, user.username]));
  const rows = tasks.map((task) => [
    task.id,
    task.title,
    task.status,
    task.priority,
    task.dueDate ?? '',
    names.get(task.assigneeId ?? 0) ?? '',
    task.createdAt.toISOString(),
    task.updatedAt.toISOString(),
  ]);
  const day = lastChange(project, tasks, faults).toISOString().slice(0, 10);
  return {
    name: `project-${project.id}-${day}.csv`,
    text: [HEAD, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join(''),
  };
}

function lastChange(project: Project, tasks: readonly Task[], faults: Faults): Date {
  const later = (a: Date, b: Date): Date => (a > b ? a : b);
  const changes = tasks.map((task) => task.updatedAt);
  // FAULT unhandled-exception: a project without tasks has no first change to begin with, and reduce throws a
  // TypeError that nothing here expects.
  if (faults.has('unhandled-exception')) return changes.reduce(later);
  return changes.reduce(later, project.updatedAt);
}

/** Quoted where necessary; what a spreadsheet would take for a formula is made text. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
