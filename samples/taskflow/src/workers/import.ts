import { type ImportedTask, type TaskPriority, taskPriorities } from '../tasks/task.js';

/** As many tasks as one import may make. */
export const MAX_IMPORTED_TASKS = 500;

const MAX_TITLE = 200;

/** The question cannot be answered because of what it asks; the message is for the one who asked. */
export class Refusal extends Error {}

/**
 * Reads lines `title;priority;repetitions`, the last two optional: a recurring task gives one row for each time.
 * Throws a Refusal that names the line that cannot be read.
 */
export function* readTaskRows(csv: string): Generator<ImportedTask> {
  let number = 0;
  for (const line of csv.split(/\r?\n/)) {
    number += 1;
    if (line.trim() === '') continue;
    const [title = '', priority = 'medium', repetitions = '1', ...rest] = line.split(';').map((cell) => cell.trim());
    const times = /^\d{1,9}$/.test(repetitions) ? Number(repetitions) : 0;
    if (rest.length > 0 || title === '' || title.length > MAX_TITLE || !isPriority(priority) || times < 1) {
      throw new Refusal(
        `Line ${number} of the import is "${line.slice(0, 80)}"; write title;priority;repetitions, such as Water the plants;low;12.`,
      );
    }
    for (let time = 1; time <= times; time += 1) {
      const suffix = times > 1 ? ` (${time} of ${times})` : '';
      yield { title: title.slice(0, MAX_TITLE - suffix.length) + suffix, priority };
    }
  }
}

function isPriority(text: string): text is TaskPriority {
  return (taskPriorities as readonly string[]).includes(text);
}
