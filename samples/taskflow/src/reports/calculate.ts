import { type Random, seededRandom } from '../random.js';
import { dayIndex, daysIn, labelOf, partLabels } from './period.js';
import type { Estimate, Flow, Report, ReportInput } from './report.js';

// The same tasks give the same report.
const SEED = 4_711;
const LOW = 0.05;
const HIGH = 0.95;

/** Makes a report. Takes long, and the thread is busy all the while: most of it goes into the estimate. */
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
    const day = dayIndex(period, task.updatedAt);
    if (task.status === 'completed' && day !== undefined) {
      count(flow.get(labelOf(period, task.updatedAt)), 'completed');
      count(project, 'completed');
      completedOnDay[day] = (completedOnDay[day] ?? 0) + 1;
    }
  }
  const throughput = bootstrapMean(completedOnDay, draws, seededRandom(SEED));
  return { period, flow: [...flow.values()], byProject: [...byProject.values()], byPriority, throughput };
}

/**
 * The mean and its 90 % confidence interval, by resampling: how the mean varies when as many values are drawn, with
 * repetition, from those observed.
 */
export function bootstrapMean(values: readonly number[], draws: number, random: Random): Estimate {
  const resamples = Math.max(1, Math.floor(draws / values.length));
  const means: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
    means.push(sum / values.length);
  }
  means.sort((a, b) => a - b);
  const at = (share: number): number => means[Math.floor(share * (means.length - 1))] ?? 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, low: at(LOW), high: at(HIGH), resamples };
}

function emptyFlow(label: string): Flow {
  return { label, created: 0, completed: 0 };
}

function count(flow: Flow | undefined, what: 'created' | 'completed'): void {
  if (flow) flow[what] += 1;
}
