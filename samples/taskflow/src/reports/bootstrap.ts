import type { Random } from '../random.js';
import type { Estimate } from './report.js';

/** What holds the true value nine times out of ten. */
export interface Range {
  low: number;
  high: number;
}

const LOW = 0.05;
const HIGH = 0.95;
// 32 MB of sums. More resamples than fit in sharpen the mean, and would change no range by a whole task.
const MOST_SUMS = 4_000_000;

/**
 * The mean of `values`, and the sums from the first value to the end of each part, with their 90 % confidence intervals.
 * By resampling: how they vary when as many values are drawn, with repetition, from those observed. `partOf` gives the
 * part that each value belongs to, beginning with 0 and never falling.
 */
export function bootstrap(
  values: readonly number[],
  partOf: readonly number[],
  draws: number,
  random: Random,
): { mean: Estimate; sums: Range[] } {
  const resamples = Math.max(1, Math.floor(draws / values.length));
  const ends = endsOf(partOf);
  const kept = Math.min(resamples, Math.floor(MOST_SUMS / ends.length));
  const means = new Float64Array(resamples);
  // One row for each part, so that each is looked at as a whole in the end.
  const sums = new Float64Array(kept * ends.length);
  for (let round = 0; round < resamples; round += 1) {
    let sum = 0;
    let draw = 0;
    for (let part = 0; part < ends.length; part += 1) {
      const end = ends[part] ?? 0;
      for (; draw < end; draw += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
      if (round < kept) sums[part * kept + round] = sum;
    }
    means[round] = sum / values.length;
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const ranges = ends.map((_, part) => rangeOf(sums.subarray(part * kept, (part + 1) * kept)));
  return { mean: { mean, ...rangeOf(means), resamples }, sums: ranges };
}

/** For each part, how many values come before its end. */
function endsOf(partOf: readonly number[]): number[] {
  return partOf.flatMap((part, index) => (part === partOf[index + 1] ? [] : [index + 1]));
}

/** Sorts the samples. */
function rangeOf(samples: Float64Array): Range {
  samples.sort();
  const at = (share: number): number => samples[Math.floor(share * (samples.length - 1))] ?? 0;
  return { low: at(LOW), high: at(HIGH) };
}
