import type { Context } from './context.ts';
import { evaluate } from './evaluate.ts';
import { apply, type Host, namesOf, promisePrototype, promiseThen, prototypeOf } from './host.ts';
import type { ObjectIds } from './object-ids.ts';
import type { Probe } from './probe.ts';
import type { Recorder } from './recorder.ts';
import { isUnreadable, type SafeReader } from './safe-read.ts';
import type { Watcher } from './watch.ts';
import { Enter, Exit, MISSING, Rec } from './wire.ts';

/** Given for an argument that a breakpoint's frame has no name for. */
export const ABSENT = Object.freeze({ absent: true });
const INSTALLED_MID_CALL = MISSING.indexOf('installed-mid-call');

/** Writes the events of function calls. Every method is safe to call from the application's own frames: none throws. */
export class Tracer {
  private readonly derived = new WeakMap<object, Promise<unknown>>();
  private nextCall = 0;
  private eventsThisSecond = 0;
  private secondStart = 0;
  limited = 0;

  constructor(
    private readonly recorder: Recorder,
    private readonly context: Context,
    private readonly host: Host,
    private readonly reader: SafeReader,
    private readonly ids: ObjectIds,
    private readonly watcher: Watcher,
    private readonly eventsPerSecond: number,
  ) {
    watcher.admit = () => this.admit(1);
  }

  newCall(): number {
    return ++this.nextCall;
  }

  /** Whether `events` more may be recorded in this second; a call counts as two. */
  admit(events = 2): boolean {
    if (this.eventsThisSecond + events > this.eventsPerSecond) {
      const now = this.host.now();
      if (now - this.secondStart < 1000) {
        this.limited += events;
        return this.recorder.drop();
      }
      this.secondStart = now;
      this.eventsThisSecond = 0;
    }
    this.eventsThisSecond += events;
    return true;
  }

  /** Records the start of a call; the call's local id, or 0 when it is not recorded. */
  enter(probe: Probe, self: unknown, args: ArrayLike<unknown>): number {
    const { config } = probe;
    try {
      if (config.watches.length > 0) this.watcher.ensure(self, config.watches);
      if (!probe.sampled() || (config.when !== null && !this.holds(probe, self, args))) {
        probe.skipped++;
        return 0;
      }
      if (!this.admit()) return 0;
      const parent = this.context.parent();
      if (!this.recorder.begin(Rec.enter)) return 0;
      const call = this.newCall();
      this.writeEnter(probe, call, parent, self, args);
      this.recorder.end();
      if (config.paths.length > 0 && probe.captures) this.snapshots(probe, call, 0, self, args);
      return call;
    } catch (error) {
      this.recorder.abort(error, config.id);
      return 0;
    }
  }

  private holds(probe: Probe, self: unknown, args: ArrayLike<unknown>): boolean {
    const read = (object: unknown, key: string | number) => {
      const value = this.reader.read(object, key);
      return isUnreadable(value) ? undefined : value;
    };
    return Boolean(evaluate(probe.config.when as NonNullable<typeof probe.config.when>, { self, args }, read));
  }

  private writeEnter(probe: Probe, call: number, parent: number, self: unknown, args: ArrayLike<unknown>): void {
    const { out, capture } = this.recorder;
    const { config } = probe;
    const withArgs = config.args && probe.captures;
    const hasSelf = typeof self === 'object' && self !== null && self !== globalThis;
    out.varint(config.id);
    out.varint(call);
    out.varint(parent);
    out.byte((withArgs ? Enter.args : 0) | (hasSelf ? Enter.self : 0));
    if (hasSelf) out.varint(this.ids.of(self));
    if (!withArgs) return;
    const shown = Math.min(args.length, 32);
    out.varint(args.length);
    out.varint(shown);
    for (let i = 0; i < shown; i++) {
      if (config.secretArgs.length > 0 && config.secretArgs.includes(i)) capture.redacted('parameter');
      else if (args[i] === ABSENT) capture.missing('path');
      else capture.value(args[i]);
    }
  }

  /** The call returned. `pending` when the value is a promise whose settlement follows. */
  exit(probe: Probe, call: number, value: unknown, pending: boolean, self: unknown, args: ArrayLike<unknown>): void {
    try {
      if (!pending && probe.config.paths.length > 0 && probe.captures) this.snapshots(probe, call, 1, self, args);
      if (!this.recorder.begin(Rec.exit)) return;
      const { out, capture } = this.recorder;
      out.varint(probe.config.id);
      out.varint(call);
      out.byte(pending ? Exit.pending : 0);
      if (!probe.config.result || !probe.captures) capture.missing('off');
      else if (pending) capture.promise();
      else capture.value(value);
      this.recorder.end();
    } catch (error) {
      this.recorder.abort(error, probe.config.id);
    }
  }

  throws(probe: Probe, call: number, error: unknown, self: unknown, args: ArrayLike<unknown>): void {
    try {
      if (probe.config.paths.length > 0 && probe.captures) this.snapshots(probe, call, 1, self, args);
      if (!this.recorder.begin(Rec.throw)) return;
      this.recorder.out.varint(probe.config.id);
      this.recorder.out.varint(call);
      this.recorder.capture.value(error);
      this.recorder.end();
    } catch (broken) {
      this.recorder.abort(broken, probe.config.id);
    }
  }

  settle(
    probe: Probe,
    call: number,
    fulfilled: boolean,
    value: unknown,
    self: unknown,
    args: ArrayLike<unknown>,
  ): void {
    if (!probe.active) return;
    try {
      if (probe.config.paths.length > 0 && probe.captures) this.snapshots(probe, call, 1, self, args);
      if (!this.recorder.begin(Rec.settle)) return;
      this.recorder.out.varint(probe.config.id);
      this.recorder.out.varint(call);
      this.recorder.out.byte(fulfilled ? 1 : 0);
      if (!fulfilled || (probe.config.result && probe.captures)) this.recorder.capture.value(value);
      else this.recorder.capture.missing('off');
      this.recorder.end();
    } catch (error) {
      this.recorder.abort(error, probe.config.id);
    }
  }

  /** A call that a breakpoint saw after it had begun: its end is not captured. */
  midCall(probe: Probe, self: unknown, args: ArrayLike<unknown>): void {
    probe.calls++;
    const call = this.enter(probe, self, args);
    if (call === 0) return;
    try {
      if (!this.recorder.begin(Rec.exit)) return;
      this.recorder.out.varint(probe.config.id);
      this.recorder.out.varint(call);
      this.recorder.out.byte(0);
      this.recorder.capture.missing(MISSING[INSTALLED_MID_CALL] as 'installed-mid-call');
      this.recorder.end();
    } catch (error) {
      this.recorder.abort(error, probe.config.id);
    }
  }

  /**
   * Observes a native promise and gives the one to hand on: a derived promise, so that a rejection the application
   * does not handle stays unhandled. Anything that is not exactly a native promise is handed on untouched.
   */
  observe(
    probe: Probe,
    call: number,
    promise: Promise<unknown>,
    self: unknown,
    args: ArrayLike<unknown>,
  ): Promise<unknown> {
    // The same promise given out again (a memoised one) is answered by the same derived promise.
    const known = this.derived.get(promise);
    if (known !== undefined) {
      apply(promiseThen, known, [
        (value: unknown) => this.settle(probe, call, true, value, self, args),
        (error: unknown) => this.settle(probe, call, false, error, self, args),
      ]);
      return known;
    }
    const derived = apply(promiseThen, promise, [
      (value: unknown) => {
        this.settle(probe, call, true, value, self, args);
        return value;
      },
      (error: unknown) => {
        this.settle(probe, call, false, error, self, args);
        throw error;
      },
    ]) as Promise<unknown>;
    // Each call of an async function makes a promise of its own.
    if (!probe.config.fresh) this.derived.set(promise, derived);
    return derived;
  }

  isNativePromise(value: unknown): value is Promise<unknown> {
    return (
      typeof value === 'object' &&
      value !== null &&
      this.host.types.isPromise(value) &&
      prototypeOf(value) === promisePrototype &&
      // Properties of its own (`promise.cancel`) would be missing on a derived promise. Symbols are async_hooks' bookkeeping.
      namesOf(value).length === 0
    );
  }

  private snapshots(probe: Probe, call: number, when: 0 | 1, self: unknown, args: ArrayLike<unknown>): void {
    // Its own guard: a snapshot that does not fit must not take the call's own records with it.
    try {
      const { paths } = probe.config;
      for (let i = 0; i < paths.length; i++) {
        const path = paths[i] as (typeof paths)[number];
        const value = this.reader.path(path.root === 'this' ? self : args, path.keys);
        if (!this.recorder.begin(Rec.snapshot)) return;
        const { out, capture } = this.recorder;
        out.varint(probe.config.id);
        out.varint(call);
        out.byte(when);
        out.varint(i);
        out.varint(path.root === 'this' && typeof self === 'object' && self !== null ? this.ids.of(self) : 0);
        const last = path.keys[path.keys.length - 1];
        if (typeof last === 'string' && capture.isSecret(last)) capture.redacted(last);
        else capture.readable(value);
        this.recorder.end();
      }
    } catch (error) {
      this.recorder.abort(error, probe.config.id);
    }
  }
}
