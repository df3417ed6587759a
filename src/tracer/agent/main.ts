import { RecordBuffer } from './buffer.ts';
import { CallSites } from './call-site.ts';
import { type CaptureLimits, Capturer } from './capture.ts';
import { Context } from './context.ts';
import { takeHost } from './host.ts';
import { HttpServerProbe } from './http.ts';
import { ObjectIds } from './object-ids.ts';
import { PgProbe } from './pg.ts';
import { Probe, type ProbeConfig } from './probe.ts';
import { Rebinder } from './rebind.ts';
import { Recorder } from './recorder.ts';
import { SafeReader } from './safe-read.ts';
import { ABSENT, Tracer } from './tracer.ts';
import { Watcher } from './watch.ts';
import { BUSY, Note, Rec } from './wire.ts';
import { makeWrapper } from './wrap.ts';

export interface AgentConfig {
  /** Name of the non-enumerable global the agent is reached by; unique per host. */
  readonly name: string;
  readonly limits: CaptureLimits;
  readonly bufferBytes: number;
  readonly eventsPerSecond: number;
  /** Source of a case-insensitive expression for names of secrets. */
  readonly secretNames: string;
  /** The agent removes everything when it was not drained for this long, milliseconds. */
  readonly silenceMs: number;
  /** Whether the inspector was opened for us and is to be closed when we are gone. */
  readonly closeInspector: boolean;
}

/** Pauses for writing one function's bindings back; a busy caller that is not the one meant must not pause for ever. */
const MAX_UNARM = 50;
const UNARM_APART_MS = 10;

/** Counters of the agent, read by the host now and then. */
export interface AgentStats {
  readonly now: number;
  readonly spentMs: number;
  readonly drainMs: number;
  readonly dropped: number;
  readonly limited: number;
  /** `[probe id, calls, skipped, breakpoint hits past the wrapper, breakpoint hits through it]` */
  readonly probes: readonly (readonly [number, number, number, number, number])[];
  readonly libraries: Readonly<Record<string, number>>;
}

/**
 * The agent: what is put into a target. Reached by the host through the inspector only; the application sees one
 * non-enumerable global. Everything it changes is on a list and undone by `remove`, which also runs by itself when the
 * host has been silent (dead-man's switch).
 */
export class Agent {
  /** Stands for an argument that the frame has no name for. */
  readonly absent = ABSENT;
  private readonly out: RecordBuffer;
  private readonly recorder: Recorder;
  private readonly context: Context;
  private readonly tracer: Tracer;
  private readonly rebinder: Rebinder;
  private readonly watcher: Watcher;
  private readonly probes = new Map<number, Probe>();
  private readonly host;
  private readonly timer: NodeJS.Timeout;
  private http: HttpServerProbe | null = null;
  private pg: PgProbe | null = null;
  private lastDrain: number;
  private drainMs = 0;
  private removed = false;

  constructor(
    private readonly config: AgentConfig,
    load?: (name: string) => unknown,
  ) {
    const host = takeHost(load);
    this.host = host;
    const allocate = (size: number) => Buffer.allocUnsafeSlow(size);
    this.out = new RecordBuffer(allocate, config.bufferBytes);
    const reader = new SafeReader(host.types);
    const capture = new Capturer(this.out, host, reader, config.limits, new RegExp(config.secretNames, 'i'));
    this.recorder = new Recorder(this.out, capture, host);
    this.recorder.onBroken = (probe, error) => this.broken(probe, error);
    this.context = new Context(host);
    const ids = new ObjectIds();
    this.watcher = new Watcher(this.recorder, this.context, host, reader, ids, this.note);
    this.tracer = new Tracer(this.recorder, this.context, host, reader, ids, this.watcher, config.eventsPerSecond);
    this.rebinder = new Rebinder(this.tracer, this.context, host, this.note);
    this.lastDrain = host.now();
    this.timer = host.setInterval(() => this.tick(), 500);
    this.timer.unref();
  }

  private tick(): void {
    if (this.host.now() - this.lastDrain > this.config.silenceMs) return this.abandon();
    this.http?.sweep();
  }

  private readonly note = (probe: number, note: number, text: string): boolean => {
    try {
      if (!this.recorder.begin(Rec.note)) return false;
      this.out.varint(probe);
      this.out.byte(note);
      this.out.string(text.slice(0, 500));
      this.recorder.end();
      return true;
    } catch (error) {
      this.recorder.abort(error, 0);
      return false;
    }
  };

  private broken(id: number, error: unknown): void {
    const probe = this.probes.get(id);
    if (probe === undefined || !probe.captures) return;
    probe.captures = false;
    this.note(id, Note.captureFailed, error instanceof Error ? error.message : 'unknown');
  }

  /** Adds probes, inactive bindings first: nothing is recorded until a binding or a breakpoint leads here. */
  add(configs: readonly ProbeConfig[]): void {
    for (const config of configs) this.probes.set(config.id, new Probe(config));
  }

  addHttp(probe: number): void {
    this.http ??= new HttpServerProbe(this.recorder, this.context, this.host, () => this.tracer.newCall(), probe);
  }

  /** Places of `pg` patched; 0 when it is not loaded as a module of its own. */
  addPg(probe: number): number {
    const sites = new CallSites((id, text) => this.defineSite(id, text));
    this.pg ??= new PgProbe(this.recorder, this.context, this.host, this.tracer, sites, probe);
    return this.pg.install();
  }

  private defineSite(id: number, text: string): boolean {
    try {
      if (!this.recorder.begin(Rec.site)) return false;
      this.out.varint(id);
      this.out.string(text);
      this.recorder.end();
      return true;
    } catch (error) {
      this.recorder.abort(error, 0);
      return false;
    }
  }

  // ---- called from breakpoint conditions, in the application's frames ----

  /** A breakpoint at the function's start was hit. `true` when the call did not come through the wrapper. */
  hit(id: number, self: unknown, args: ArrayLike<unknown>): boolean {
    const probe = this.probes.get(id);
    if (probe === undefined || this.removed || !probe.active) return false;
    if (probe.entering) {
      probe.entering = false;
      probe.wrappedHits++;
      return false;
    }
    if (probe.bodies > 0) {
      probe.bodies--;
      probe.wrappedHits++;
      return false;
    }
    probe.direct++;
    this.direct(probe, self, args);
    return true;
  }

  private direct(probe: Probe, self: unknown, args: ArrayLike<unknown>): void {
    const now = this.host.now();
    if (now - probe.windowStart >= 1000) {
      probe.windowStart = now;
      probe.windowHits = 0;
      probe.overLimit = false;
    }
    if (++probe.windowHits <= probe.config.hitsPerSecond) {
      this.tracer.midCall(probe, self, args);
      if (probe.direct > 1) this.note(probe.config.id, Note.direct, '');
      return;
    }
    probe.calls++;
    probe.skipped++;
    this.recorder.drop();
    if (probe.overLimit) return;
    probe.overLimit = true;
    this.note(probe.config.id, Note.overLimit, '');
  }

  bind(id: number, value: unknown, assign: (value: unknown) => void): unknown {
    const probe = this.probes.get(id);
    return probe === undefined || this.removed ? value : this.rebinder.bind(probe, value, assign);
  }

  arm(id: number, value: unknown): boolean {
    const probe = this.probes.get(id);
    if (probe === undefined || this.removed || probe.unarmable) return false;
    const armed = this.rebinder.arm(probe, value);
    if (!armed) probe.refused = true;
    return armed;
  }

  /** The function's name does not lead to it from its own frame: looks for it among what CommonJS modules export. */
  exported(id: number): void {
    const probe = this.probes.get(id);
    if (probe !== undefined && !this.removed) this.rebinder.exported(probe);
  }

  /** Nothing in the frame holds the function; another call of it may be rebound where it is called from. */
  unbound(id: number): void {
    const probe = this.probes.get(id);
    if (probe !== undefined) this.rebinder.unreachable(probe, '');
  }

  /** Whether the host wants the next call that comes past the wrapper to pause. */
  pausing(id: number): boolean {
    const probe = this.probes.get(id);
    if (probe === undefined || !probe.pausing || probe.several || probe.others.size > 0 || this.removed) return false;
    // At a pause of a constant's function the host may write the wrapper into the constant.
    return !probe.refused || probe.original !== null;
  }

  pause(id: number, on: boolean): void {
    const probe = this.probes.get(id);
    if (probe !== undefined) probe.pausing = on;
  }

  /** The debugger could not write the constant; its calls go on being recorded at the breakpoint. */
  unarmable(id: number): void {
    const probe = this.probes.get(id);
    if (probe !== undefined) probe.unarmable = true;
  }

  /** A mark in the stream: what comes before it was seen before the host asked; false when a record was open just then. */
  mark(id: number): boolean {
    return !this.recorder.writing && this.note(id, Note.mark, '');
  }

  /**
   * At detach: whether the debugger is to put the original back into the binding the frame's function was reached by.
   * `value` is what the frame has under that name, if anything: another function of the same text must stay there.
   */
  unarm(id: number, value: unknown): boolean {
    const probe = this.probes.get(id);
    if (probe === undefined || probe.original === null) return false;
    const mine = value === undefined || value === probe.wrapper || value === probe.original;
    // Apart, so that a busy caller that is not the one meant does not use up all.
    const now = this.host.now();
    if (!mine || now - probe.unarmedAt < UNARM_APART_MS) return false;
    probe.unarmedAt = now;
    return ++probe.unarmed <= MAX_UNARM;
  }

  method(id: number, self: unknown, key: string, root?: unknown, keys: readonly string[] = []): void {
    const probe = this.probes.get(id);
    if (probe !== undefined && !this.removed) this.rebinder.method(probe, self, key, root, keys);
  }

  // ---- called by the host ----

  /** A wrapper made before its original is known, for bindings that only the debugger can set. */
  prepare(id: number, constructible: boolean): unknown {
    const probe = this.probes.get(id) as Probe;
    probe.wrapper ??= makeWrapper(this.tracer, this.context, probe, probe, constructible);
    probe.wrappers.add(probe.wrapper);
    return probe.wrapper;
  }

  original(id: number): unknown {
    return this.probes.get(id)?.original ?? undefined;
  }

  /** The debugger has set a `const`: says so in the stream, in order with the events; false when a record was open just then. */
  bound(id: number): boolean {
    return !this.recorder.writing && this.note(id, Note.bound, '');
  }

  /** The variables of a scope (or properties of a receiver) that are the probe's function; holders among the objects there are replaced. */
  look(id: number, scope: unknown, isReceiver: boolean): string[] {
    const probe = this.probes.get(id);
    return probe === undefined || this.removed ? [] : this.rebinder.look(probe, scope, isReceiver);
  }

  /** Up to `max` bytes of records as base64, empty when there are none; `BUSY` when a record is being written this instant. */
  drain(max: number): string {
    const start = this.host.now();
    this.lastDrain = start;
    if (this.recorder.writing) return BUSY;
    if (this.out.pending === 0) return '';
    const text = this.out.take(max);
    this.drainMs += this.host.now() - start;
    return text;
  }

  stats(): AgentStats {
    return {
      now: this.host.now(),
      spentMs: this.recorder.spentMs(),
      drainMs: this.drainMs,
      dropped: this.recorder.dropped,
      limited: this.tracer.limited,
      probes: [...this.probes.values()].map(
        (probe) => [probe.config.id, probe.calls, probe.skipped, probe.direct, probe.wrappedHits] as const,
      ),
      libraries: { http: this.http?.calls ?? 0, pg: this.pg?.calls ?? 0 },
    };
  }

  /** Puts every original back, except in `const` bindings, which only a debugger can write: those go on by forwarding. */
  restore(id: number): void {
    const probe = this.probes.get(id);
    if (probe === undefined) return;
    probe.active = false;
    for (const restore of probe.restores.splice(0).reverse()) {
      try {
        restore();
      } catch {
        // The binding became read-only meanwhile; the inactive wrapper forwards.
      }
    }
    this.rebinder.retire(probe);
  }

  /** Removes everything from the target; what is still in the buffer can be drained afterwards. */
  remove(): void {
    if (this.removed) return;
    this.removed = true;
    this.host.clearInterval(this.timer);
    for (const id of this.probes.keys()) this.restore(id);
    this.watcher.restore();
    this.http?.remove();
    this.pg?.remove();
    this.context.storage.disable();
  }

  forget(): void {
    delete (globalThis as unknown as Record<string, unknown>)[this.config.name];
  }

  private abandon(): void {
    this.remove();
    this.forget();
    // Another recorder that came in through the inspector goes on.
    const shared = Object.getOwnPropertyNames(globalThis).some((name) => name.startsWith('__nodescope_'));
    if (this.config.closeInspector && !shared)
      (process.getBuiltinModule?.('node:inspector') as typeof import('node:inspector') | undefined)?.close();
  }
}

/** Installs an agent under its name; called once per host with the bundle's own text evaluated in the target. */
export function install(config: AgentConfig, load?: (name: string) => unknown): void {
  Object.defineProperty(globalThis, config.name, {
    value: new Agent(config, load),
    configurable: true,
    enumerable: false,
    writable: false,
  });
}
