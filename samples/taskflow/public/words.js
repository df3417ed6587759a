export const statusNames = { todo: 'To do', in_progress: 'In progress', completed: 'Completed' };
export const priorityNames = { low: 'Low', medium: 'Medium', high: 'High' };

const WEIGHTS = { low: 0, medium: 10, high: 20 };
const DAY = 24 * 60 * 60 * 1000;

/** Days until a due date: 0 is today, below zero is overdue. */
export function daysLeft(dueDate) {
  const today = new Date();
  return Math.round((Date.parse(dueDate) - Date.UTC(today.getFullYear(), today.getMonth(), today.getDate())) / DAY);
}

export const isOverdue = (task) => task.status !== 'completed' && task.dueDate !== null && daysLeft(task.dueDate) < 0;

export function dueText(dueDate) {
  const days = daysLeft(dueDate);
  if (days === 0) return 'due today';
  if (days === 1) return 'due tomorrow';
  if (days === -1) return 'due yesterday';
  const day = new Date(dueDate).toLocaleDateString(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return days < 0 ? `${-days} days overdue` : `due ${day}`;
}

export const timeText = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const urgency = (task) =>
  WEIGHTS[task.priority] + (task.dueDate === null ? 0 : Math.max(0, Math.min(15, 15 - daysLeft(task.dueDate))));

/** The most urgent first; equal ones in the order they were made. */
export const byUrgency = (a, b) => urgency(b) - urgency(a) || a.id - b.id;
