import { Redis } from 'ioredis';
import type { Cache, CacheStats } from './cache.js';

const PREFIX = 'taskflow:cache:';

/** In Redis, shared by all nodes. While the server cannot be reached, nothing is found and nothing is kept. */
export class RedisCache implements Cache {
  private readonly redis: Redis;
  private readonly counts = { hits: 0, misses: 0 };
  private unreachable = false;

  constructor(
    url: string,
    private readonly log: (message: string) => void,
  ) {
    // A request must not wait for a cache: what cannot be sent now, or takes too long, counts as not found.
    this.redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 500 });
    this.redis.on('error', (error: Error) => this.failed(error));
    this.redis.on('ready', () => {
      this.unreachable = false;
    });
  }

  /** Resolves when the server can be used, or when it is known that it cannot be reached yet. */
  opened(): Promise<void> {
    return new Promise((resolve) => {
      this.redis.once('ready', () => resolve());
      this.redis.once('error', () => resolve());
    });
  }

  async get<T>(key: string): Promise<T | undefined> {
    const json = await this.redis.get(PREFIX + key).catch((error: Error) => this.failed(error));
    if (typeof json === 'string') {
      this.counts.hits += 1;
      return JSON.parse(json) as T;
    }
    this.counts.misses += 1;
    return undefined;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    const kept = this.redis.set(PREFIX + key, JSON.stringify(value), 'PX', Math.max(1, Math.round(ttlMs)));
    await kept.catch((error: Error) => this.failed(error));
  }

  async delete(key: string): Promise<void> {
    await this.redis.del(PREFIX + key).catch((error: Error) => this.failed(error));
  }

  stats(): CacheStats {
    return { kind: 'redis', ...this.counts, expired: 0 };
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  /** Says once that the server is away, not at every request. */
  private failed(error: Error): undefined {
    if (this.unreachable) return;
    this.unreachable = true;
    this.log(`The Redis cache cannot be used (${error.message}); check REDIS_URL. Going on without a cache.`);
  }
}
