import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Cache } from '../dist/cache/cache.js';
import { MemoryCache } from '../dist/cache/memory-cache.js';
import { openCache } from '../dist/cache/open-cache.js';
import { ReadThrough } from '../dist/cache/read-through.js';
import { noFaults } from '../dist/faults.js';
import { unusedPort } from './ports.js';
import { until } from './support.js';

const kinds: [string, string | undefined][] = [['memory', undefined]];
// The same for Redis when `npm run test:real` has started one.
if (process.env.REDIS_URL) kinds.push(['redis', process.env.REDIS_URL]);

for (const [kind, url] of kinds) {
  describe(`cache: ${kind}`, () => {
    const key = randomUUID();
    let cache: Cache;

    before(async () => {
      cache = await openCache(url, assert.fail);
      await until('the cache keeps something', async () => {
        await cache.set('ready', true, 1_000);
        return (await cache.get('ready')) === true;
      });
    });

    after(() => cache.close());

    it('gives back what was set, as JSON, until it is deleted', async () => {
      await cache.set(key, { at: new Date(0), list: [1, null] }, 60_000);
      assert.deepEqual(await cache.get(key), { at: '1970-01-01T00:00:00.000Z', list: [1, null] });
      await cache.delete(key);
      assert.equal(await cache.get(key), undefined);
    });

    it('forgets a value when its time is over', async () => {
      await cache.set(key, 1, 30);
      await until('the value is gone', async () => (await cache.get(key)) === undefined);
    });

    it('counts what it found and what it did not', async () => {
      const before = cache.stats();
      await cache.get(randomUUID());
      await cache.set(key, 1, 60_000);
      await cache.get(key);
      const after = cache.stats();
      assert.equal(after.kind, kind);
      assert.deepEqual([after.hits - before.hits, after.misses - before.misses], [1, 1]);
    });
  });
}

describe('cache in memory', () => {
  it('counts expired entries, to the millisecond', async () => {
    let now = 1_000;
    const cache = new MemoryCache(10, () => now);
    await cache.set('a', 1, 50);
    now += 49;
    assert.equal(await cache.get('a'), 1);
    now += 1;
    assert.equal(await cache.get('a'), undefined);
    assert.deepEqual(cache.stats(), { kind: 'memory', hits: 1, misses: 1, expired: 1 });
  });

  it('is bounded: what was written longest ago goes first', async () => {
    const cache = new MemoryCache(2);
    await cache.set('a', 1, 60_000);
    await cache.set('b', 2, 60_000);
    await cache.set('a', 3, 60_000);
    await cache.set('c', 4, 60_000);
    assert.deepEqual([await cache.get('a'), await cache.get('b'), await cache.get('c')], [3, undefined, 4]);
  });
});

describe('cache without its Redis server', () => {
  it('is empty, takes everything, and says once what is wrong', async () => {
    const messages: string[] = [];
    const cache = await openCache(`redis://127.0.0.1:${await unusedPort()}`, (message) => messages.push(message));
    await cache.set('a', 1, 60_000);
    assert.equal(await cache.get('a'), undefined);
    await cache.delete('a');
    await cache.close();
    assert.equal(messages.length, 1);
    assert.match(
      messages[0] ?? '',
      /^The Redis cache cannot be used \(.+\); check REDIS_URL\. Going on without a cache\.$/,
    );
  });
});

describe('fault cache-stampede: ReadThrough.load', () => {
  const CALLERS = 20;

  /** A computation that ends when it is told to, with its number as the result. */
  const slow = (): { compute: () => Promise<number>; finish: () => void; begun: () => number } => {
    let begun = 0;
    const waiting: (() => void)[] = [];
    return {
      compute: () => {
        begun += 1;
        const number = begun;
        return new Promise((resolve) => waiting.push(() => resolve(number)));
      },
      finish: () => {
        for (const resolve of waiting.splice(0)) resolve();
      },
      begun: () => begun,
    };
  };

  for (const [name, faults, computations] of [
    ['on', new Set(['cache-stampede'] as const), CALLERS],
    ['off', noFaults, 1],
  ] as const) {
    it(`${name}: ${CALLERS} callers that miss at once cost ${computations} computations`, async () => {
      const values = new ReadThrough(new MemoryCache(), faults);
      const { compute, finish, begun } = slow();
      const loads = Array.from({ length: CALLERS }, () => values.load('k', 60_000, compute));
      await until('all callers have missed', () => begun() === computations);
      finish();
      const results = await Promise.all(loads);
      assert.equal(new Set(results).size, computations);
      assert.equal(values.computations, computations);
      await values.load('k', 60_000, compute);
      assert.equal(values.computations, computations);
    });
  }

  it('off: a computation that fails is told to all who wait, and the next caller tries again', async () => {
    const values = new ReadThrough(new MemoryCache(), noFaults);
    const fail = (): Promise<number> => Promise.reject(new Error('no database'));
    const outcomes = await Promise.allSettled([values.load('k', 1_000, fail), values.load('k', 1_000, fail)]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['rejected', 'rejected'],
    );
    assert.equal(await values.load('k', 1_000, async () => 7), 7);
  });

  it('a value that was being computed when it was forgotten is not kept', async () => {
    const values = new ReadThrough(new MemoryCache(), noFaults);
    const { compute, finish, begun } = slow();
    const old = values.load('k', 60_000, compute);
    await until('it is being computed', () => begun() === 1);
    await values.forget('k');
    const fresh = values.load('k', 60_000, compute);
    await until('it is being computed anew', () => begun() === 2);
    finish();
    assert.deepEqual([await old, await fresh], [1, 2]);
    assert.equal(await values.load('k', 60_000, compute), 2);
  });
});
