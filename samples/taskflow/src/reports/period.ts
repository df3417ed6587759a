import type { ReportPeriod } from './report.js';

const MONTHS = 12;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** The first moment of the period and the first one after it, in UTC. */
export function boundsOf({ year, month }: ReportPeriod): { from: Date; to: Date } {
  if (month === null) return { from: new Date(Date.UTC(year, 0)), to: new Date(Date.UTC(year + 1, 0)) };
  return { from: new Date(Date.UTC(year, month - 1)), to: new Date(Date.UTC(year, month)) };
}

export function daysIn(period: ReportPeriod): number {
  const { from, to } = boundsOf(period);
  return Math.round((to.getTime() - from.getTime()) / DAY_MS);
}

/** The number of the period's day that a moment falls on, from 0; undefined when it lies outside. */
export function dayIndex(period: ReportPeriod, moment: Date): number | undefined {
  const { from, to } = boundsOf(period);
  if (moment < from || moment >= to) return undefined;
  return Math.floor((moment.getTime() - from.getTime()) / DAY_MS);
}

/** The labels of the period's parts: months of a year (`2026-03`), days of a month (`2026-03-09`). */
export function partLabels(period: ReportPeriod): string[] {
  const { year, month } = period;
  const parts = month === null ? MONTHS : daysIn(period);
  return Array.from({ length: parts }, (_, index) =>
    labelOf(period, new Date(Date.UTC(year, month === null ? index : month - 1, month === null ? 1 : index + 1))),
  );
}

/** For each day of the period, the number of the part that it lies in, from 0. */
export function partOfDays(period: ReportPeriod): number[] {
  const { from } = boundsOf(period);
  return Array.from({ length: daysIn(period) }, (_, day) =>
    period.month === null ? new Date(from.getTime() + day * DAY_MS).getUTCMonth() : day,
  );
}

/** The label of the part that a moment falls in. */
export function labelOf({ month }: ReportPeriod, moment: Date): string {
  return moment.toISOString().slice(0, month === null ? 7 : 10);
}

/** Such as `2026` or `2026-03`. */
export function nameOf({ year, month }: ReportPeriod): string {
  return month === null ? String(year) : `${year}-${String(month).padStart(2, '0')}`;
}
