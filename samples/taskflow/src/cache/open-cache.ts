import type { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';

/** Redis at `url`, shared with every other node, or memory of this process when there is none. */
export async function openCache(url: string | undefined, log: (message: string) => void): Promise<Cache> {
  if (!url) return new MemoryCache();
  // Loaded when it is used: most starts do without Redis, and need not wait for its client.
  const { RedisCache } = await import('./redis-cache.js');
  const cache = new RedisCache(url, log);
  await cache.opened();
  return cache;
}
