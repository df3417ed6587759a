import type { TaskPriority } from '../tasks/task.js';

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
  priority: TaskPriority;
  createdAt: Date;
  /** Null for one that is not completed. */
  completedAt: Date | null;
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

/** How many tasks are completed by the end of a part of the period, with the range as in `Estimate`. */
export interface Progress {
  label: string;
  completed: number;
  low: number;
  high: number;
}

export interface Report {
  period: ReportPeriod;
  /** Months of a year, or days of a month. */
  flow: Flow[];
  byProject: Flow[];
  byPriority: Record<TaskPriority, number>;
  throughput: Estimate;
  /** For each part of the time, from its beginning to the end of that part. */
  progress: Progress[];
}

/** A report and its two written forms. */
export interface RenderedReport {
  report: Report;
  csv: string;
  html: string;
}
