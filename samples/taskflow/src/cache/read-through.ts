import type { Faults } from '../faults.js';
import type { Cache } from './cache.js';

interface Computation {
  result: Promise<unknown>;
  /** What it is computed from has changed since it began. */
  stale: boolean;
}

/** Values that are computed when the cache does not have them. */
export class ReadThrough {
  private readonly underWay = new Map<string, Set<Computation>>();
  private computed = 0;

  constructor(
    private readonly cache: Cache,
    private readonly faults: Faults,
  ) {}

  /** How many values have been computed so far. */
  get computations(): number {
    return this.computed;
  }

  /** The value of `key`, computed and kept for `ttlMs` when it is not known. Rejects when the computation does. */
  async load<T>(key: string, ttlMs: number, compute: () => Promise<T>): Promise<T> {
    const known = await this.cache.get<T>(key);
    if (known !== undefined) return known;
    if (!this.faults.has('cache-stampede')) {
      // Single flight: whoever misses while the value is being computed waits for that same computation.
      const [first] = this.underWay.get(key) ?? [];
      if (first) return first.result as Promise<T>;
    }
    // FAULT cache-stampede: every caller that misses computes, so an expired entry that a hundred requests ask for
    // costs a hundred computations at once.
    return this.compute(key, ttlMs, compute);
  }

  /** Makes the next `load` compute anew, also when an older value is just being computed. */
  async forget(key: string): Promise<void> {
    for (const computation of this.underWay.get(key) ?? []) computation.stale = true;
    this.underWay.delete(key);
    await this.cache.delete(key);
  }

  private compute<T>(key: string, ttlMs: number, compute: () => Promise<T>): Promise<T> {
    const result = compute();
    this.computed += 1;
    const computation: Computation = { result, stale: false };
    const others = this.underWay.get(key) ?? new Set();
    this.underWay.set(key, others.add(computation));
    return this.keep(key, ttlMs, result, computation).finally(() => {
      others.delete(computation);
      if (others.size === 0 && this.underWay.get(key) === others) this.underWay.delete(key);
    });
  }

  private async keep<T>(key: string, ttlMs: number, result: Promise<T>, computation: Computation): Promise<T> {
    const value = await result;
    if (!computation.stale) await this.cache.set(key, value, ttlMs);
    return value;
  }
}
