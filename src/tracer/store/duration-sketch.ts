/** Exact up to this many durations; beyond, buckets. */
const EXACT = 512;
/** Relative width of a bucket: quantiles are off by at most 1%. */
const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);
/** Covers 1 ns to 11 days. */
const BUCKETS = Math.ceil(Math.log(1e15) / LOG_GAMMA) + 2;

/**
 * Quantiles of a stream of durations in bounded memory (14 KB): exact while there are few, then logarithmic buckets with
 * 1% relative error, as in DDSketch (Masson, Rim, Lee: VLDB 2019).
 */
export class DurationSketch {
  count = 0;
  max = 0;
  sum = 0;
  #few: number[] | null = [];
  #sorted = true;
  #buckets: Uint32Array | null = null;

  add(duration: number): void {
    const d = Math.max(duration, 0);
    this.count++;
    this.sum += d;
    if (d > this.max) this.max = d;
    if (this.#few !== null) {
      this.#few.push(d);
      this.#sorted = false;
      if (this.#few.length > EXACT) this.#spill(this.#few);
    } else this.#put(d);
  }

  /** The duration at quantile `q` (0..1, nearest rank); 0 when there is none. */
  quantile(q: number): number {
    if (this.count === 0) return 0;
    const rank = Math.min(this.count - 1, Math.max(0, Math.ceil(q * this.count) - 1));
    if (this.#few !== null) {
      if (!this.#sorted) this.#few.sort((a, b) => a - b);
      this.#sorted = true;
      return this.#few[rank] as number;
    }
    const buckets = this.#buckets as Uint32Array;
    let seen = 0;
    for (let i = 0; i < buckets.length; i++) {
      seen += buckets[i] as number;
      // The middle of bucket i, which ends at GAMMA^(i - 1).
      if (seen > rank) return i === 0 ? 0 : Math.min(this.max, GAMMA ** (i - 1.5));
    }
    return this.max;
  }

  #spill(few: readonly number[]): void {
    this.#buckets = new Uint32Array(BUCKETS);
    this.#few = null;
    for (const d of few) this.#put(d);
  }

  #put(d: number): void {
    const bucket = d < 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(d) / LOG_GAMMA) + 1);
    const buckets = this.#buckets as Uint32Array;
    buckets[bucket] = (buckets[bucket] as number) + 1;
  }
}
