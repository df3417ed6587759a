import type { TaskPriority, TaskStatus } from '../tasks/task.js';

export const reportKinds = ['annual', 'monthly'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** A year, or one month of it (1 to 12). */
export interface ReportPeriod {
  kind: ReportKind;
  year: number;
  month: number | null;
}

/** What a report needs to know of a task. */
export interface ReportTask {
  projectId: number;
  projectName: string;
  status: TaskStatus;
  priority: TaskPriority;
  createdAt: Date;
  updatedAt: Date;
}

export interface ReportInput {
  period: ReportPeriod;
  tasks: ReportTask[];
  /** How many values are drawn for the estimate: its precision, and what it costs. */
  draws: number;
}

export interface Flow {
  label: string;
  created: number;
  completed: number;
}

/** Tasks completed a day, with the range that holds the true value nine times out of ten. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
  resamples: number;
}

export interface Report {
  period: ReportPeriod;
  /** Months of a year, or days of a month. */
  flow: Flow[];
  byProject: Flow[];
  byPriority: Record<TaskPriority, number>;
  throughput: Estimate;
}

/** A report and its two written forms. */
export interface RenderedReport {
  report: Report;
  csv: string;
  html: string;
}
