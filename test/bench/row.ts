/** One line of the benchmark's answer; `--json` writes an array of these. */
export interface BenchRow {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** What the customer requires; null where nothing is. */
  readonly floor: number | null;
  /** What the design wants. */
  readonly aim: number | null;
  /** What it was measured beside, in the same run. */
  readonly peer: string | null;
  /** Whether the floor holds; null without one. */
  readonly ok: boolean | null;
}

interface Bounds {
  readonly floor?: number;
  readonly aim?: number;
  readonly peer?: string;
}

/** A figure that should be small. */
export function lower(id: string, what: string, value: number, unit: string, bounds: Bounds = {}): BenchRow {
  return row('lower', id, what, value, unit, bounds);
}

/** A figure that should be large. */
export function higher(id: string, what: string, value: number, unit: string, bounds: Bounds = {}): BenchRow {
  return row('higher', id, what, value, unit, bounds);
}

function row(
  better: BenchRow['better'],
  id: string,
  what: string,
  value: number,
  unit: string,
  { floor, aim, peer }: Bounds,
): BenchRow {
  const ok = floor === undefined ? null : better === 'lower' ? value <= floor : value >= floor;
  return {
    id,
    what,
    value: round(value),
    unit,
    better,
    floor: floor ?? null,
    aim: aim ?? null,
    peer: peer ?? null,
    ok,
  };
}

/** Three significant digits, whole from 100 on. */
export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest-rank quantile; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** How far rounds lay apart, for the reader to judge the median by: `3.1 (2.9-3.6)`. */
export function spread(values: readonly number[], unit = ''): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(round);
  return `${middle}${unit} (${low}-${high})`;
}
