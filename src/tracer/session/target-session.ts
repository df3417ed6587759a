import { textOf } from '../error/error.ts';
import { agentGone, streamBroken } from '../error/probe-errors.ts';
import { connectionLost } from '../error/target-errors.ts';
import type { Engine, TraceEvent } from '../event/event.ts';
import { ns, type ProbeId, type TargetId } from '../event/ids.ts';
import type { Guardian } from '../guardian/guardian.ts';
import type { PlanProbe } from '../plan/plan.ts';
import { AgentLink } from '../probe/agent-link.ts';
import { audit } from '../probe/audit.ts';
import { CallCounter, type FunctionCount } from '../probe/counts.ts';
import type { InstalledProbe } from '../probe/function-probe.ts';
import { Prober } from '../probe/prober.ts';
import type { Overhead, ProbeState, TargetInfo } from '../store/manifest.ts';
import { leaveAndClose } from '../target/close-inspector.ts';
import type { Inspector } from '../target/inspector.ts';
import { Correlator, type Sequence } from './correlator.ts';
import { type AgentRecord, StreamDecoder, StreamError } from './decode.ts';
import { HITS_PER_SECOND, PlanInstaller } from './plan-installer.ts';
import { callSiteLocation } from './site.ts';

const CHUNK_BYTES = 256 * 1024;
/**
 * The rest between drains: each wakes two threads of the target and the host (measured on a small virtual machine: 0.2 ms of the
 * target's main thread and 0.8 ms of the host's processor), and what happens is to be seen within 100 ms.
 */
const DRAIN_MS = 33;
const INSTALL_DRAIN_MS = 4;
/** How often the agent's counters are read, and how often while breakpoints stand where they cost. */
const STATS_MS = 250;
const WATCHING_MS = 10;
/** What a conditional breakpoint costs a hit, milliseconds; 0.115 to 0.35 measured (DESIGN 3, fact 1). */
const BREAKPOINT_HIT_MS = 0.25;
export interface TargetOptions {
  readonly id: TargetId;
  readonly inspector: Inspector;
  readonly info: Omit<TargetInfo, 'id'>;
  /** Wall-clock minus the target's monotonic clock, milliseconds. */
  readonly epochMs: number;
  readonly originMs: number;
  readonly opened: boolean;
  readonly sequence: Sequence;
  readonly nextProbe: () => number;
  readonly eventsPerSecond: number;
  readonly memoryMB: number;
  readonly guardian: Guardian;
}

/** Receives what happens in one target. */
export interface TargetListener {
  events(events: readonly TraceEvent[]): void;
  probesChanged(): void;
  closed(reason: string): void;
}

/** One target under observation: its agent, its probes, and the pump that takes its records out. */
export class TargetSession {
  readonly prober: Prober;
  private readonly decoder = new StreamDecoder();
  private readonly correlator: Correlator;
  private readonly installer: PlanInstaller;
  private readonly announced = new Map<number, Engine>();
  private readonly startedMs = Date.now();
  private readonly eager = new Set<object>();
  private pumping: Promise<void> | null = null;
  private stopping = false;
  private ended = false;
  private targetEnds = false;
  private lastOverhead: Overhead | null = null;
  private statsAt = 0;
  private agentDropped = 0;

  private constructor(
    readonly options: TargetOptions,
    readonly agent: AgentLink,
    private readonly listener: TargetListener,
  ) {
    this.prober = new Prober(options.inspector, agent);
    this.installer = new PlanInstaller(this.prober, agent, {
      id: options.id,
      nextProbe: options.nextProbe,
      announce: (event) => this.emitNow(event),
    });
    this.prober.onChange = (probe) => this.announce(probe);
    this.prober.onWritten = () => this.guard();
    this.guard();
    this.prober.onThrottled = (probe) =>
      this.emitNow({
        type: 'probe.throttled',
        probe: probe.config.id as ProbeId,
        why: `over ${HITS_PER_SECOND} breakpoint hits in a second; calls until the next second are not recorded`,
      });
    const names = {
      capturedPath: (probe: number, index: number) => this.prober.get(probe)?.config.paths[index]?.text ?? '',
      watchedPath: (probe: number) => this.installer.watchedPath(probe),
    };
    this.correlator = new Correlator(options.id, (options.originMs - options.epochMs) * 1e6, options.sequence, names);
    options.inspector.onDisconnect(() => this.lost());
    options.inspector.on('NodeRuntime.waitingForDisconnect', () => void this.exiting());
  }

  /** Puts the agent into the target and starts taking records out. */
  static async start(options: TargetOptions, listener: TargetListener): Promise<TargetSession> {
    const agent = await AgentLink.install(options.inspector, {
      bufferBytes: options.memoryMB << 20,
      eventsPerSecond: options.eventsPerSecond,
      closeInspector: options.opened,
    });
    await options.inspector
      .send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
      .catch(() => undefined);
    const session = new TargetSession(options, agent, listener);
    session.pumping = session.pump();
    return session;
  }

  /** Tells the guardian what there would be to put back now. */
  private guard(): void {
    const { guardian, inspector } = this.options;
    const { optimised, debts } = this.prober;
    guardian.watch({ url: inspector.url, agent: this.agent.name, optimised, debts });
  }

  get id(): TargetId {
    return this.options.id;
  }

  get alive(): boolean {
    return !this.ended;
  }

  // ---- probes ----

  /** Installs a plan's probes; what cannot be installed is there with its reason. `strict` makes an unknown function an error. */
  async install(probes: readonly PlanProbe[], strict: boolean): Promise<void> {
    const eager = {};
    this.eager.add(eager);
    await this.prober.domain.need();
    try {
      await this.installer.install(probes, strict);
    } finally {
      await this.prober.domain.release();
      setTimeout(() => this.eager.delete(eager), 1500).unref();
    }
    this.listener.probesChanged();
  }

  states(): ProbeState[] {
    return [...this.prober.all().map((probe) => probe.state(this.options.id)), ...this.installer.states()];
  }

  /** An event when a probe reaches another rung or fails. */
  private announce(probe: InstalledProbe): void {
    const id = probe.config.id;
    if (this.announced.get(id) !== probe.engine && probe.engine !== 'none') {
      this.announced.set(id, probe.engine);
      this.emitNow({ type: 'probe.installed', probe: id as ProbeId, engine: probe.engine });
    } else if (probe.status === 'failed' && !this.announced.has(id)) {
      this.announced.set(id, 'none');
      this.emitNow({ type: 'probe.failed', probe: id as ProbeId, why: probe.reason });
    }
    this.listener.probesChanged();
  }

  private emitNow(event: Parameters<Correlator['event']>[1]): void {
    this.emit([this.correlator.event((Date.now() - this.options.epochMs) * 1e6, event)]);
  }

  // ---- counting ----

  /** V8's call counts over `ms` milliseconds. */
  async counts(ms: number): Promise<FunctionCount[]> {
    const counter = new CallCounter(this.options.inspector);
    await counter.start();
    try {
      await counter.take();
      await new Promise((resolve) => setTimeout(resolve, ms));
      return await counter.take();
    } finally {
      await counter.stop().catch(() => undefined);
    }
  }

  /** Compares V8's counts with ours; a function that is also called past its wrapper gets its breakpoint back to find out from where. */
  async audit(ms: number): Promise<void> {
    const bound = this.prober.all().filter((probe) => probe.bound);
    if (bound.length === 0 || this.ended) return;
    // V8 counts each resumption of an async function or generator as a call: those are counted as they begin, at a breakpoint.
    const resumable = (probe: InstalledProbe) => probe.fn.node.asynchronous || probe.fn.node.generator;
    const counted = bound.filter((probe) => !resumable(probe));
    for (const { probe, v8, recorded } of counted.length === 0
      ? []
      : await audit(this.options.inspector, this.agent, counted, ms)) {
      if (v8 > 0) probe.audit = { v8, recorded };
      if (v8 > recorded && probe.engine === 'rebind') {
        this.prober.incomplete(probe, recorded, v8);
        await this.prober.rearm(probe);
      }
    }
    await this.prober.auditAtEntry(bound.filter(resumable), ms);
    this.listener.probesChanged();
  }

  // ---- the pump ----

  private async pump(): Promise<void> {
    while (!this.ended && !this.stopping) {
      const full = await this.take();
      if (full === null) return;
      await this.refreshStats();
      if (!full) await new Promise((resolve) => setTimeout(resolve, this.eager.size > 0 ? INSTALL_DRAIN_MS : DRAIN_MS));
    }
  }

  /** Takes one chunk; whether there may be more at once, null when the target is gone. */
  private async take(): Promise<boolean | null> {
    try {
      const chunk = await this.agent.drain(CHUNK_BYTES);
      if (chunk === null) return false;
      if (chunk.length > 0) await this.process(this.decoder.push(chunk));
      return chunk.length >= CHUNK_BYTES;
    } catch (error) {
      await this.broken(error);
      return null;
    }
  }

  /** A command to the target failed: the connection is lost, the agent has gone by itself, or something unforeseen. */
  private async broken(error: unknown): Promise<void> {
    if (this.ended) return;
    // A process that ends by itself takes no more commands, though its inspector still answers.
    if (this.targetEnds) this.close(`${this.describe()} ended before its last records could be taken out`);
    else if (!this.options.inspector.connected) this.close(connectionLost(this.describe()).message);
    else if (error instanceof StreamError) this.close(streamBroken(error.message).message);
    else this.close((await this.agent.present()) ? textOf(error) : agentGone().message);
  }

  private async process(records: readonly AgentRecord[]): Promise<void> {
    let events: TraceEvent[] = [];
    for (const record of records) {
      if (record.kind === 'site') {
        // The site's original line has to be known before the query's event is made.
        const location = callSiteLocation(this.prober.registry, record.frame);
        this.correlator.defineSite(record.id, await location);
      } else if (record.kind === 'note') {
        if (events.length > 0) this.emit(events);
        events = [];
        this.note(record.probe, record.note, record.text);
      } else {
        const event = this.correlator.correlate(record);
        if (event !== null) events.push(event);
      }
    }
    if (events.length > 0) this.emit(events);
  }

  private note(probe: number, note: number, text: string): void {
    if (this.installer.watchLimited(probe, text)) this.listener.probesChanged();
    else this.prober.note(probe, note, text);
  }

  private emit(events: readonly TraceEvent[]): void {
    this.listener.events(events);
  }

  private async refreshStats(): Promise<void> {
    if (Date.now() - this.statsAt < (this.prober.watching ? WATCHING_MS : STATS_MS)) return;
    this.statsAt = Date.now();
    const stats = await this.agent.stats().catch(() => null);
    if (stats === null) return;
    this.agentDropped = stats.dropped;
    for (const [id, calls, , direct, wrapped] of stats.probes) {
      const probe = this.prober.get(id);
      if (probe !== undefined) probe.calls = calls;
      this.prober.counted(id, direct, wrapped);
    }
    this.installer.counted(stats.libraries);
    const wallMs = Date.now() - this.startedMs;
    const hits = stats.probes.reduce((sum, [, , , direct, wrapped]) => sum + direct + wrapped, 0);
    const agentMs = stats.spentMs + stats.drainMs + hits * BREAKPOINT_HIT_MS;
    this.lastOverhead = {
      percent: wallMs > 0 ? (100 * agentMs) / wallMs : 0,
      agentMs,
      wallMs,
      method:
        'time the agent spent writing records (every 32nd timed) and handing them over, and 0.25 ms per breakpoint hit, on the main thread, per wall time',
    };
    this.listener.probesChanged();
  }

  get overhead(): Overhead | null {
    return this.lastOverhead;
  }

  get dropped(): number {
    // The stream tells of drops with the next record only; those at the end are in the agent's own count.
    return Math.max(this.correlator.dropped, this.agentDropped);
  }

  private describe(): string {
    return `process ${this.options.info.pid}`;
  }

  // ---- the end ----

  /** The target's code has ended and it waits for us to leave: take what is left and go at once (DESIGN 3, fact 8). */
  private async exiting(): Promise<void> {
    this.targetEnds = true;
    this.stopping = true;
    await this.pumping;
    await this.take();
    this.close(`${this.describe()} ended`);
  }

  private lost(): void {
    if (!this.ended) this.close(this.stopping ? `${this.describe()} ended` : connectionLost(this.describe()).message);
  }

  private close(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.emitNow({ type: 'process.exit', reason });
    this.prober.dispose();
    void this.options.inspector.close();
    this.listener.closed(reason);
  }

  /** Takes everything out of the target and leaves: originals back, breakpoints gone, inspector closed if we opened it. */
  async detach(): Promise<void> {
    if (this.ended) return;
    this.stopping = true;
    await this.pumping;
    await this.refreshNow();
    const { inspector } = this.options;
    let { opened } = this.options;
    try {
      const { forwarding } = await this.prober.remove();
      // Twice nothing: a record may have been under way the first time.
      for (let quiet = 0; quiet < 2; ) {
        const more = await this.take();
        if (more === null) break;
        quiet = more ? 0 : quiet + 1;
      }
      await this.refreshNow();
      for (const probe of forwarding)
        probe.reason =
          'a constant or variable that holds it could not be set back, because no call came from there meanwhile; it forwards to the original and records nothing';
      // The state of each probe stays as it was while recording: how it was reached is what a reader wants to know.
      for (const probe of this.prober.all()) {
        this.emitNow({ type: 'probe.removed', probe: probe.config.id as ProbeId });
      }
      // Whoever opened the inspector may have left before us.
      if (await this.agent.forget()) opened = true;
      await this.agent.release().catch(() => undefined);
    } catch (error) {
      return this.broken(error);
    }
    this.ended = true;
    this.options.guardian.free(this.agent.name);
    this.prober.dispose();
    if (opened) await leaveAndClose(inspector);
    else await inspector.close();
  }

  private async refreshNow(): Promise<void> {
    this.statsAt = 0;
    await this.refreshStats();
  }

  /** Nanoseconds since the recording's origin, now. */
  get elapsed() {
    return ns((Date.now() - this.options.originMs) * 1e6);
  }
}
