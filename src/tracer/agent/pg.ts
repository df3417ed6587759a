import type { CallSites } from './call-site.ts';
import type { Context } from './context.ts';
import { apply, define, descriptorOf, type Host, keysOf, promiseThen } from './host.ts';
import type { Recorder } from './recorder.ts';
import type { Tracer } from './tracer.ts';
import { Rec } from './wire.ts';

type Query = (this: unknown, ...args: unknown[]) => unknown;
interface Waiting {
  readonly text: unknown;
  readonly values: unknown;
}

const CLIENT = /[\\/]pg[\\/]lib[\\/]client\.js$/;
const POOL = /[\\/]pg-pool[\\/]index\.js$/;
const MAX_WAITING = 10_000;
const STATEMENT_SEARCHED = 1000;

/**
 * Queries of `pg`, by its loaded modules: `Client.prototype.query` and `Pool.prototype.query`. A pool's query is recorded
 * at the pool, where the caller's stack and span still are; the client's query that it leads to is recognised by the
 * identity of its arguments and not recorded twice.
 */
export class PgProbe {
  private readonly patched = new Set<object>();
  private readonly restores: (() => void)[] = [];
  private readonly waiting: Waiting[] = [];
  private active = true;
  calls = 0;

  constructor(
    private readonly recorder: Recorder,
    private readonly context: Context,
    private readonly host: Host,
    private readonly tracer: Tracer,
    private readonly sites: CallSites,
    private readonly probe: number,
  ) {}

  /** Patches what is loaded by now; the number of places patched so far. */
  install(): number {
    const cache = this.host.module._cache ?? {};
    for (const file of keysOf(cache)) {
      if (CLIENT.test(file)) this.patch(cache[file]?.exports, false);
      else if (POOL.test(file)) this.patch(cache[file]?.exports, true);
    }
    return this.patched.size;
  }

  remove(): void {
    this.active = false;
    for (const restore of this.restores.splice(0)) restore();
  }

  private patch(exported: unknown, pool: boolean): void {
    const prototype =
      typeof exported === 'function' ? (descriptorOf(exported, 'prototype')?.value as object | undefined) : undefined;
    if (prototype === undefined || this.patched.has(prototype)) return;
    const descriptor = descriptorOf(prototype, 'query');
    const original = descriptor?.value as Query | undefined;
    if (descriptor === undefined || typeof original !== 'function') return;
    this.patched.add(prototype);
    const probe = this;
    const query = {
      query(this: unknown, ...args: unknown[]): unknown {
        return probe.query(original, this, args, pool);
      },
    }.query;
    define(query, 'length', { value: original.length, configurable: true });
    define(prototype, 'query', { ...descriptor, value: query });
    this.restores.push(() => {
      const now = descriptorOf(prototype, 'query');
      if (now?.value === query) define(prototype, 'query', descriptor);
    });
  }

  private query(original: Query, self: unknown, args: unknown[], pool: boolean): unknown {
    const first = args[0];
    // Cursors and streams (`submit`) end by events of their own and are not followed.
    const followed =
      typeof first === 'string' ||
      (typeof first === 'object' && first !== null && typeof (first as { submit?: unknown }).submit !== 'function');
    if (!this.active || !followed) return apply(original, self, args);
    if (!pool && this.leadsFromPool(args)) return apply(original, self, args);
    const call = this.start(args);
    if (call === 0) return apply(original, self, args);
    const waiting = pool ? this.expect(args) : null;
    const last = args.length - 1;
    if (typeof args[last] === 'function') {
      args[last] = this.callback(call, waiting, args[last] as (...values: unknown[]) => unknown);
      return apply(original, self, args);
    }
    const inConfig = typeof first === 'object' ? (first as { callback?: unknown }).callback : undefined;
    if (typeof inConfig === 'function') {
      args[0] = {
        ...(first as object),
        callback: this.callback(call, waiting, inConfig as (...values: unknown[]) => unknown),
      };
      return apply(original, self, args);
    }
    let result: unknown;
    try {
      result = apply(original, self, args);
    } catch (error) {
      this.forget(waiting);
      this.end(call, null, error);
      throw error;
    }
    if (!this.tracer.isNativePromise(result)) return result;
    return apply(promiseThen, result, [
      (value: unknown) => {
        this.forget(waiting);
        this.end(call, value, undefined);
        return value;
      },
      (error: unknown) => {
        this.forget(waiting);
        this.end(call, null, error ?? new Error('rejected without a reason'));
        throw error;
      },
    ]);
  }

  private callback(
    call: number,
    waiting: Waiting | null,
    callback: (...values: unknown[]) => unknown,
  ): (...values: unknown[]) => unknown {
    const probe = this;
    return function (this: unknown, ...values: unknown[]) {
      probe.forget(waiting);
      probe.end(call, values[1], values[0] ?? undefined);
      return apply(callback, this, values);
    };
  }

  private expect(args: unknown[]): Waiting | null {
    if (this.waiting.length >= MAX_WAITING) return null;
    const waiting = { text: args[0], values: typeof args[1] === 'function' ? undefined : args[1] };
    this.waiting.push(waiting);
    return waiting;
  }

  private forget(waiting: Waiting | null): void {
    const index = waiting === null ? -1 : this.waiting.indexOf(waiting);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  private leadsFromPool(args: unknown[]): boolean {
    const values = typeof args[1] === 'function' ? undefined : args[1];
    const index = this.waiting.findIndex((waiting) => waiting.text === args[0] && waiting.values === values);
    if (index < 0) return false;
    this.waiting.splice(index, 1);
    return true;
  }

  private start(args: unknown[]): number {
    const { recorder } = this;
    try {
      if (!this.tracer.admit()) return 0;
      const site = this.sites.here();
      const parent = this.context.parent();
      if (!recorder.begin(Rec.dbStart)) return 0;
      const call = this.tracer.newCall();
      const config = args[0];
      const text = typeof config === 'string' ? config : (config as { text?: unknown }).text;
      const values = Array.isArray(args[1])
        ? args[1]
        : typeof config === 'object'
          ? (config as { values?: unknown }).values
          : undefined;
      recorder.out.varint(call);
      recorder.out.varint(parent);
      recorder.out.varint(site);
      recorder.capture.value(text);
      // Parameters have no names: where the statement speaks of a secret, none of them leaves the process.
      if (typeof text === 'string' && recorder.capture.isSecret(text.slice(0, STATEMENT_SEARCHED)))
        recorder.capture.redacted('statement');
      else recorder.capture.value(values);
      recorder.end();
      this.calls++;
      return call;
    } catch (error) {
      recorder.abort(error, this.probe);
      return 0;
    }
  }

  private end(call: number, result: unknown, error: unknown): void {
    if (!this.active) return;
    const { recorder } = this;
    try {
      if (!recorder.begin(Rec.dbEnd)) return;
      const rows = typeof result === 'object' && result !== null ? descriptorOf(result, 'rowCount')?.value : undefined;
      recorder.out.varint(call);
      recorder.out.varint(typeof rows === 'number' ? rows + 1 : 0);
      recorder.out.byte(error === undefined ? 0 : 1);
      if (error !== undefined) recorder.capture.value(error);
      recorder.end();
    } catch (broken) {
      recorder.abort(broken, this.probe);
    }
  }
}
