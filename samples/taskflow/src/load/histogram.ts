const SMALLEST_MS = 0.01;
const GROWTH = 1.01;

/**
 * Durations in milliseconds in buckets that grow by 1%, so that percentiles are right within 1% in a few kilobytes,
 * however long the run.
 */
export class Histogram {
  private readonly buckets = new Map<number, number>();
  private total = 0;
  private sum = 0;
  private largest = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH)));
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    this.total += 1;
    this.sum += ms;
    this.largest = Math.max(this.largest, ms);
  }

  get count(): number {
    return this.total;
  }

  get mean(): number {
    return this.total === 0 ? 0 : this.sum / this.total;
  }

  get max(): number {
    return this.largest;
  }

  /** The smallest duration that `share` (0 to 1) of all are not above; 0 when there are none. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.total);
    for (const [bucket, count] of [...this.buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.largest, SMALLEST_MS * GROWTH ** bucket);
    }
    return this.largest;
  }
}
