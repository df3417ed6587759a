import { seededRandom } from '../random.js';
import { bootstrap } from './bootstrap.js';
import { dayIndex, daysIn, labelOf, partLabels, partOfDays } from './period.js';
import type { Flow, Report, ReportInput } from './report.js';

// The same tasks give the same report.
const SEED = 4_711;

/**
 * Makes a report. Takes long, and the thread is busy all the while: most of it goes into the estimates, which hold some
 * tens of megabytes until they are done.
 */
export function calculateReport({ period, tasks, draws }: ReportInput): Report {
  const flow = new Map<string, Flow>(partLabels(period).map((label) => [label, emptyFlow(label)]));
  const byProject = new Map<number, Flow>();
  const byPriority = { low: 0, medium: 0, high: 0 };
  const completedOnDay = new Array<number>(daysIn(period)).fill(0);

  for (const task of tasks) {
    const project = byProject.get(task.projectId) ?? emptyFlow(task.projectName);
    byProject.set(task.projectId, project);
    if (dayIndex(period, task.createdAt) !== undefined) {
      count(flow.get(labelOf(period, task.createdAt)), 'created');
      count(project, 'created');
      byPriority[task.priority] += 1;
    }
    const day = task.completedAt ? dayIndex(period, task.completedAt) : undefined;
    if (task.completedAt && day !== undefined) {
      count(flow.get(labelOf(period, task.completedAt)), 'completed');
      count(project, 'completed');
      completedOnDay[day] = (completedOnDay[day] ?? 0) + 1;
    }
  }
  const { mean, sums } = bootstrap(completedOnDay, partOfDays(period), draws, seededRandom(SEED));
  let completed = 0;
  const progress = [...flow.values()].map((part, index) => {
    completed += part.completed;
    return { label: part.label, completed, ...(sums[index] ?? { low: completed, high: completed }) };
  });
  const byProjects = [...byProject.values()];
  return { period, flow: [...flow.values()], byProject: byProjects, byPriority, throughput: mean, progress };
}

function emptyFlow(label: string): Flow {
  return { label, created: 0, completed: 0 };
}

function count(flow: Flow | undefined, what: 'created' | 'completed'): void {
  if (flow) flow[what] += 1;
}
