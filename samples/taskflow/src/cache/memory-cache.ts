import type { Cache, CacheStats } from './cache.js';

interface Entry {
  json: string;
  expiresAt: number;
}

/** In this process, bounded: the entry written longest ago makes room for a new one. */
export class MemoryCache implements Cache {
  private readonly entries = new Map<string, Entry>();
  private readonly counts = { hits: 0, misses: 0, expired: 0 };

  /** `now` in milliseconds; another clock is for tests. */
  constructor(
    private readonly maxEntries = 1_000,
    private readonly now: () => number = Date.now,
  ) {}

  async get<T>(key: string): Promise<T | undefined> {
    const entry = this.entries.get(key);
    if (entry && entry.expiresAt > this.now()) {
      this.counts.hits += 1;
      return JSON.parse(entry.json) as T;
    }
    this.counts.misses += 1;
    if (entry) {
      this.counts.expired += 1;
      this.entries.delete(key);
    }
    return undefined;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    // Deleted first, so that a rewritten entry moves to the young end.
    this.entries.delete(key);
    this.entries.set(key, { json: JSON.stringify(value), expiresAt: this.now() + ttlMs });
    if (this.entries.size > this.maxEntries) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
  }

  stats(): CacheStats {
    return { kind: 'memory', ...this.counts };
  }

  async close(): Promise<void> {
    this.entries.clear();
  }
}
