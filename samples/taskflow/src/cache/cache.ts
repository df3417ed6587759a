export interface CacheStats {
  kind: 'memory' | 'redis';
  hits: number;
  /** Look-ups that found nothing, expired entries included. */
  misses: number;
  /** Entries that were found too old; Redis drops them itself and reports none. */
  expired: number;
}

/**
 * Remembers values for a while. Values travel as JSON, so that they are the same from every implementation: a date
 * comes back as text. A cache that cannot be reached answers as if it were empty; it never fails a request.
 */
export interface Cache {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  stats(): CacheStats;
  close(): Promise<void>;
}
