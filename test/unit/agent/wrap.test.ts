import assert from 'node:assert/strict';
import { Agent } from '../../../src/tracer/agent/main.ts';
import { hashText, type ProbeConfig } from '../../../src/tracer/agent/probe.ts';
import { BUSY } from '../../../src/tracer/agent/wire.ts';
import { type AgentRecord, StreamDecoder } from '../../../src/tracer/session/decode.ts';

type Fn = (...args: never[]) => unknown;
const LIMITS = { depth: 5, items: 100, stringLength: 1000, bytes: 16_384, ms: 50 };

/** An agent in this very process, with what the host would do around it. */
class Bench {
  readonly agent = new Agent({
    name: '__nodescope_unit',
    limits: LIMITS,
    bufferBytes: 8 << 20,
    eventsPerSecond: 1e9,
    secretNames: 'password',
    silenceMs: 1e9,
    closeInspector: false,
  });
  private readonly decoder = new StreamDecoder();
  private nextProbe = 0;

  wrap<F extends Fn>(fn: F, extra: Partial<ProbeConfig> = {}): F {
    const text = Function.prototype.toString.call(fn);
    const config: ProbeConfig = {
      id: ++this.nextProbe,
      name: fn.name,
      args: true,
      result: true,
      paths: [],
      when: null,
      sample: 1,
      secretArgs: [],
      asynchronous: false,
      fresh: false,
      generator: false,
      sourceLength: text.length,
      sourceHash: hashText(text),
      hitsPerSecond: 100,
      watches: [],
      ...extra,
    };
    this.agent.add([config]);
    return this.agent.bind(config.id, fn, () => {}) as F;
  }

  records(): AgentRecord[] {
    const all: AgentRecord[] = [];
    for (;;) {
      const text = this.agent.drain(1 << 20);
      if (text === '' || text === BUSY) return all;
      all.push(...this.decoder.push(Buffer.from(text, 'base64')));
    }
  }

  kinds(): string[] {
    return this.records()
      .map((record) => record.kind)
      .filter((kind) => kind !== 'note');
  }
}

describe('a traced function', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => bench.agent.remove());

  it('hands on a promise with properties of its own untouched', async () => {
    const make = () => Object.assign(Promise.resolve(7), { cancel: () => 'cancelled' });
    const wrapped = bench.wrap(make);
    const promise = wrapped();
    assert.equal(promise.cancel(), 'cancelled');
    assert.equal(await promise, 7);
    assert.deepEqual(bench.kinds(), ['enter', 'exit']);
  });

  it('gives the same promise for a memoised one, and records each settlement', async () => {
    const shared = Promise.resolve('once');
    const wrapped = bench.wrap(() => shared);
    assert.equal(wrapped(), wrapped());
    await wrapped();
    await Promise.resolve();
    assert.equal(bench.kinds().filter((kind) => kind === 'settle').length, 3);
  });

  it('leaves an unhandled rejection unhandled, and a handled one handled', async () => {
    const seen: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => seen.push((reason as Error).message));
    try {
      const fails = bench.wrap(async (text: string) => {
        throw new Error(text);
      });
      fails('caught').catch(() => {});
      void fails('not caught');
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      assert.deepEqual(seen, ['not caught']);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });

  it('keeps name, length, properties, this, arguments and new', () => {
    function Original(this: { seen?: unknown }, a: number, b: number) {
      this.seen = [a, b];
    }
    Original.extra = 1;
    const Wrapped = bench.wrap(Original as never) as unknown as typeof Original &
      (new (
        a: number,
        b: number,
      ) => { seen: unknown });
    assert.equal(Wrapped.name, 'Original');
    assert.equal(Wrapped.length, 2);
    assert.equal(Wrapped.extra, 1);
    const made = new Wrapped(1, 2);
    assert.deepEqual(made.seen, [1, 2]);
    assert.ok(made instanceof (Original as never));
    const receiver: { seen?: unknown } = {};
    Wrapped.call(receiver, 3, 4);
    assert.deepEqual(receiver.seen, [3, 4]);
    const arrow = bench.wrap((() => 1) as never) as unknown as new () => unknown;
    assert.throws(() => new arrow(), TypeError);
  });

  it('goes on recording after the application has overflowed its stack', () => {
    const deep = bench.wrap(function deep(n: number): number {
      return n === 0 ? 0 : 1 + wrappedDeep(n - 1);
    });
    const wrappedDeep = deep;
    for (let i = 0; i < 20; i++) assert.throws(() => wrappedDeep(1e6), RangeError);
    const until = performance.now() + 60;
    while (performance.now() < until);
    bench.records();
    assert.equal(wrappedDeep(3), 3);
    assert.equal(bench.kinds().filter((kind) => kind === 'enter').length, 4);
  });

  it('is recognised behind a forwarder that an earlier recorder left', () => {
    const original = () => 'original';
    const left = bench.wrap(original);
    bench.agent.remove();
    assert.equal(left(), 'original');
    const next = new Bench();
    const config = { sourceLength: 0, sourceHash: 0 };
    const text = Function.prototype.toString.call(original);
    const wrapped = next.wrap(left, { ...config, sourceLength: text.length, sourceHash: hashText(text) });
    assert.notEqual(wrapped, left);
    assert.equal(wrapped(), 'original');
    assert.deepEqual(next.kinds(), ['enter', 'exit']);
    next.agent.remove();
  });
});

describe('watched state', () => {
  const watching = (path: string) => ({ watches: [{ probe: 99, path, keys: [path] }] });

  it('runs no code of an array subclass, and loses no write', () => {
    class Strict extends Array<number> {
      constructor(config: unknown) {
        super();
        if (typeof config !== 'object') throw new TypeError('needs a config');
      }
    }
    const bench = new Bench();
    class Box {
      items = new Strict({});
    }
    const box = new Box();
    const touch = bench.wrap(function touch(this: Box, n: number) {
      this.items.push(n);
    }, watching('items'));
    touch.call(box, 1);
    touch.call(box, 2);
    assert.deepEqual([...box.items], [1, 2]);
    assert.equal(bench.kinds().filter((kind) => kind === 'change').length, 2);
    bench.agent.remove();
    assert.deepEqual(Object.getOwnPropertyNames(box.items), ['0', '1', 'length']);
  });

  it('lets a replaced container go, as it was', () => {
    const bench = new Bench();
    const box = { list: new Map<string, number>() };
    const touch = bench.wrap(function touch(this: typeof box) {
      this.list = new Map(this.list).set('n', this.list.size);
    }, watching('list'));
    const first = box.list;
    touch.call(box);
    assert.deepEqual(Object.getOwnPropertyNames(first), []);
    assert.notDeepEqual(Object.getOwnPropertyNames(box.list), []);
    bench.agent.remove();
    assert.deepEqual(Object.getOwnPropertyNames(box.list), []);
    assert.ok('value' in (Object.getOwnPropertyDescriptor(box, 'list') as PropertyDescriptor));
  });
});
