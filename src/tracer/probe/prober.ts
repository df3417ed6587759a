import type { ProbeConfig } from '../agent/probe.ts';
import { Note } from '../agent/wire.ts';
import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { CallSiteRebinder } from './call-site.ts';
import { CallerSearch } from './caller-search.ts';
import { exitCondition } from './condition.ts';
import { writeConstant } from './constant.ts';
import { type BreakLocation, type CallFrame, DebuggerDomain, type Paused } from './debugger-domain.ts';
import { Deoptimiser, deoptimise } from './deoptimiser.ts';
import { EntryAudit } from './entry-audit.ts';
import { EntryBreakpoints } from './entry-breakpoint.ts';
import { InstalledProbe } from './function-probe.ts';
import type { ResolvedFunction } from './resolve.ts';
import { ScriptRegistry } from './script-registry.ts';
import { type Debt, WriteBack } from './write-back.ts';

/** How long a breakpoint stays after rebinding to see calls that come past the wrapper, milliseconds. */
const LINGER_MS = 250;
const RESTORE_MS = 1200;
/** Calls through the wrapper without one past it after which a breakpoint has nothing more to show; each hit costs the application up to 0.35 ms. */
const ENOUGH_WRAPPED = 8;
/** Probes installed with one burst of commands. */
const BATCH = 8;
/** How long the next batch waits at most, milliseconds, while more than so many probes are being hit. */
const BATCH_MS = 60;
const MOST_BUSY = 40;
const STALE =
  'code that V8 optimised before calls the original still; it is being thrown away, and its calls are not recorded until then';
const EACH = 'every object has one of its own: those it was called on are traced, objects that come later are not';

/** A function to be probed, and what the agent is to do there. */
export interface ProbeEntry {
  readonly at: string;
  readonly config: ProbeConfig;
  readonly fn: ResolvedFunction;
  readonly predicted: number | null;
}

/**
 * Installs function probes in one target: a conditional breakpoint at the first hit rebinds the binding, and is gone
 * right after (DESIGN 3, fact 5). What cannot be rebound stays on the breakpoint under a rate limit, and says so.
 */
export class Prober {
  readonly registry: ScriptRegistry;
  readonly domain: DebuggerDomain;
  private readonly probes = new Map<number, InstalledProbe>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly entryBreakpoints: EntryBreakpoints;
  private readonly callSites: CallSiteRebinder;
  private readonly search: CallerSearch;
  private readonly entryAudit: EntryAudit;
  /** A variable was written: optimised code may hold what it held, and has to go when everything is written back. */
  optimised = false;
  /** Pauses being made use of: what they write is known when they are done. */
  private readonly underWay = new Set<Promise<void>>();
  private readonly undo: () => void;
  private readonly writeBack: WriteBack;
  private readonly deoptimiser: Deoptimiser;
  private closed = false;
  onChange: (probe: InstalledProbe) => void = () => {};
  /** Something was written that only a debugger can write back, or code was thrown away that will have to go again. */
  onWritten: () => void = () => {};
  /** The probe's breakpoint is away for the rest of the second. */
  onThrottled: (probe: InstalledProbe) => void = () => {};

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
  ) {
    this.registry = new ScriptRegistry(inspector);
    this.domain = new DebuggerDomain(inspector);
    this.writeBack = new WriteBack(inspector, agent, this.domain);
    this.deoptimiser = new Deoptimiser(inspector);
    this.entryBreakpoints = new EntryBreakpoints(agent, this.domain, (probe) => this.onChange(probe));
    this.entryAudit = new EntryAudit(agent, this.entryBreakpoints);
    this.callSites = new CallSiteRebinder(inspector, agent, this.domain, (probe) => this.variableWritten(probe));
    this.search = new CallerSearch(agent, this.entryBreakpoints, this.callSites, {
      later: (ms, action) => this.later(ms, action),
      unfound: (probe) => this.unfound(probe),
      replaced: (probe) => this.freshFrom(probe),
      changed: (probe) => this.onChange(probe),
    });
    this.undo = this.domain.onPaused((paused) => this.paused(paused));
  }

  all(): InstalledProbe[] {
    return [...this.probes.values()];
  }

  get(id: number): InstalledProbe | undefined {
    return this.probes.get(id);
  }

  /** Number of breakpoints of ours in the target now. */
  get breakpoints(): number {
    return this.all().filter((probe) => probe.breakpoint !== null).length;
  }

  /** Whether a breakpoint stands where calls come through a wrapper: its hits are to be looked at often, and it is to go soon. */
  get watching(): boolean {
    return this.all().some((probe) => probe.bound && probe.breakpoint !== null);
  }

  /** Sets the breakpoints of all probes, commands pipelined. The Debugger domain must be needed by the caller meanwhile. */
  async install(entries: readonly ProbeEntry[]): Promise<void> {
    await this.agent.add(entries.map((entry) => entry.config));
    const taken = new Set(this.all().map((probe) => `${probe.fn.script.id}:${probe.fn.node.start}`));
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH);
      await this.installBatch(batch, taken);
      if (from + BATCH < entries.length) await this.settled();
    }
  }

  /**
   * Waits a little while many functions that are called all the time still have their breakpoints: a turn of the event loop
   * that runs through them stands still for as long as all together take.
   */
  private async settled(): Promise<void> {
    const deadline = Date.now() + BATCH_MS;
    const busy = () => this.all().filter((probe) => probe.bound && probe.breakpoint !== null).length > MOST_BUSY;
    while (!this.closed && busy() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 4));
  }

  /** The probe's binding is the wrapper. Code that was optimised for the original still passes it by: calls past it are leaks only afterwards. */
  private bound(probe: InstalledProbe): void {
    probe.bound = true;
    if (probe.engine !== 'breakpoint') probe.engine = 'rebind';
    const named = nameOf(probe.fn) !== null;
    if (named) {
      probe.stale = true;
      this.variableWritten(probe);
    } else this.later(LINGER_MS, () => this.settle(probe));
    if (probe.engine === 'rebind') this.say(probe, named && !probe.each ? STALE : null);
  }

  /** The status of a rebound probe: limited, and why, or installed. */
  private say(probe: InstalledProbe, limit: string | null): void {
    const why = probe.each ? EACH : limit;
    probe.status = why === null ? 'installed' : 'limited';
    probe.reason = why ?? probe.fn.warning;
    this.onChange(probe);
  }

  /** A variable that calls of the probe's function come through has been written. */
  private variableWritten(probe: InstalledProbe): void {
    this.optimised = true;
    this.onWritten();
    void this.freshen(probe).catch(() => {
      probe.stale = false;
    });
  }

  private async freshen(probe: InstalledProbe): Promise<void> {
    await this.deoptimiser.request();
    if (this.closed) return;
    if (probe.reason === STALE) this.say(probe, null);
    if (probe.breakpoint === null) await this.entryBreakpoints.arm(probe);
    await this.freshFrom(probe);
  }

  /** From here on calls past the wrapper are leaks; hits reported before were seen before. */
  private async freshFrom(probe: InstalledProbe): Promise<void> {
    probe.stale = true;
    // Where the stream has no room for the mark, what comes next is taken for what came after.
    const marked = await this.agent.note('mark', probe.config.id).catch(() => false);
    if (!marked) probe.stale = false;
    this.later(LINGER_MS, () => this.settle(probe));
  }

  /** Commands of one batch are pipelined; the target runs between batches, so that many probes make no long pause. */
  private async installBatch(entries: readonly ProbeEntry[], taken: Set<string>): Promise<void> {
    await Promise.all(
      entries.map(async (entry) => {
        const probe = new InstalledProbe(entry.at, entry.config, entry.fn, entry.predicted);
        this.probes.set(entry.config.id, probe);
        const key = `${entry.fn.script.id}:${entry.fn.node.start}`;
        if (taken.has(key))
          return this.fail(probe, 'the same function is already traced by an earlier probe; merge the two');
        taken.add(key);
        const { node, script } = entry.fn;
        if (node.generator) probe.reason = `${probe.reason}; of a generator the call is recorded, not what it yields`;
        try {
          probe.location = await this.domain.firstBreak(script.id, node.bodyPosition, node.endPosition);
          if (probe.location === null) return this.fail(probe, 'the debugger has no place to stop in it');
          if (node.binding.kind === 'constant')
            probe.wrapperObject = await this.agent.wrapperObject(entry.config.id, node.constructible);
          await this.entryBreakpoints.arm(probe);
        } catch (error) {
          this.fail(probe, error instanceof Error ? error.message : String(error));
        }
      }),
    );
  }

  private fail(probe: InstalledProbe, why: string): void {
    probe.status = 'failed';
    probe.engine = 'none';
    probe.reason = why;
    this.onChange(probe);
  }

  /** What the agent said of a probe, in the order of the events around it. */
  note(id: number, note: number, text: string): void {
    const probe = this.probes.get(id);
    if (probe === undefined || this.closed) return;
    switch (note) {
      case Note.mark:
        probe.stale = false;
        break;
      case Note.bound:
        this.bound(probe);
        break;
      case Note.each:
        probe.each = true;
        break;
      case Note.several:
        probe.several = true;
        probe.engine = 'breakpoint';
        probe.status = 'limited';
        probe.reason = this.limitedReason(probe, 'a new function is made each time the code around it runs');
        break;
      case Note.direct:
        // Hits from before a rebinding say nothing about after it.
        if (probe.stale) break;
        probe.direct++;
        if (!probe.several && !probe.each) void this.search.begin(probe);
        break;
      case Note.unreachable:
        probe.engine = 'breakpoint';
        probe.status = 'limited';
        probe.reason = this.limitedReason(probe, text);
        break;
      case Note.captureFailed:
        probe.reason = `capturing values failed and is off for this probe (${text}); its calls are still counted`;
        break;
      case Note.overLimit:
        probe.status = 'limited';
        if (!probe.bound) probe.engine = 'breakpoint';
        this.onThrottled(probe);
        void this.entryBreakpoints.disarm(probe);
        this.later(1000, () => {
          if (!probe.suspect) void this.entryBreakpoints.arm(probe).catch(() => undefined);
        });
        break;
    }
    this.onChange(probe);
  }

  /**
   * The agent's counters of breakpoint hits: past the wrapper, and through it. They do not wait behind events that are still to be
   * taken out, as the agent's notes do: a breakpoint that has nothing more to show must not stay for a backlog.
   */
  counted(id: number, direct: number, wrapped: number): void {
    const probe = this.probes.get(id);
    if (probe === undefined || this.closed || probe.breakpoint === null || !probe.bound || probe.several) return;
    const { hits } = probe;
    if (hits === null || direct !== hits.direct) {
      probe.hits = { direct, wrapped };
      return;
    }
    if (wrapped - hits.wrapped < ENOUGH_WRAPPED || this.entryAudit.has(probe)) return;
    probe.hits = null;
    if (probe.wantsCaller) void this.search.rest(probe);
    // While stale it comes back; of a suspect nothing better is to be had in this way.
    else if (probe.stale || probe.suspect) void this.entryBreakpoints.disarm(probe);
    else this.settle(probe);
  }

  private limitedReason(probe: InstalledProbe, text: string): string {
    const why = probe.fn.node.binding.kind === 'none' ? probe.fn.node.binding.why : text;
    return `recorded by a breakpoint, at most ${probe.config.hitsPerSecond} calls per second and without results, because ${why}`;
  }

  /** Some time after rebinding: if every call now comes through the wrapper, the breakpoint has done its work. */
  private settle(probe: InstalledProbe): void {
    // A caller past the wrapper is being looked for: the breakpoint waits for its next call.
    if ((probe.wantsCaller && !probe.each) || !probe.bound || probe.several) return;
    if (probe.direct > 0) {
      probe.direct = 0;
      this.later(LINGER_MS, () => this.settle(probe));
      return;
    }
    if (probe.engine === 'breakpoint' && !this.callSites.exhausted(probe)) probe.engine = 'rebind';
    if (probe.engine === 'rebind' && probe.status === 'limited' && !probe.suspect) this.say(probe, null);
    probe.wantsCaller = false;
    if (probe.engine === 'rebind') void this.entryBreakpoints.disarm(probe).then(() => this.onChange(probe));
  }

  private unfound(probe: InstalledProbe): void {
    probe.engine = 'breakpoint';
    probe.status = 'limited';
    probe.reason = this.limitedReason(
      probe,
      'it is also called through references that were made earlier and could not be found',
    );
    this.onChange(probe);
  }

  /** Compares calls that begin with calls that come through the wrapper, at the functions' first statements. */
  async auditAtEntry(probes: readonly InstalledProbe[], ms: number): Promise<void> {
    if (this.closed) return;
    for (const { probe, v8, recorded } of await this.entryAudit.run(probes, ms)) {
      probe.audit = { v8, recorded, by: 'breakpoint' };
      if (v8 > recorded) this.incomplete(probe, recorded, v8);
    }
  }

  /** Not every call comes through the wrapper: said until the references that pass it by are found. */
  incomplete(probe: InstalledProbe, recorded: number, all: number): void {
    probe.suspect = true;
    probe.status = 'limited';
    probe.reason = `only ${recorded} of ${all} calls came through the probe when they were compared; the others use a reference to the function that could not be replaced`;
    this.onChange(probe);
  }

  /** The breakpoint of a probe that V8's counts show to be bypassed comes back. */
  async rearm(probe: InstalledProbe): Promise<void> {
    await this.entryBreakpoints.arm(probe);
    this.later(LINGER_MS * 2, () => this.settle(probe));
  }

  private paused(paused: Paused): void {
    if (this.writeBack.paused(paused)) return;
    const frame = paused.callFrames[0];
    const probe = frame === undefined ? undefined : this.at(frame.location);
    if (frame === undefined || probe === undefined || (paused.hitBreakpoints?.length ?? 0) === 0)
      return void this.domain.resumeStranger(paused);
    if (probe.wantsCaller) this.track(this.search.paused(probe, paused));
    else if (probe.fn.node.binding.kind === 'constant') this.track(this.constantHit(probe, frame));
    else void this.domain.resume().catch(() => undefined);
  }

  private track(work: Promise<void>): void {
    const tracked: Promise<void> = work.catch(() => undefined).finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  /** By place, not by breakpoint id: a pause can be reported before the answer that tells the id. */
  private at(location: BreakLocation): InstalledProbe | undefined {
    return this.all().find(
      ({ location: own }) =>
        own?.scriptId === location.scriptId &&
        own.lineNumber === location.lineNumber &&
        own.columnNumber === location.columnNumber,
    );
  }

  /**
   * Writes a `const` while paused at the function's start. All commands leave at once, the resume with them: the process
   * stands still for one way there, not for round trips (DESIGN 3, fact 2).
   */
  private async constantHit(probe: InstalledProbe, frame: CallFrame): Promise<void> {
    // Until the code that was optimised for the original is thrown away, calls past the wrapper are no leaks.
    probe.stale = true;
    const writing = writeConstant(this.inspector, probe, frame);
    const resumed = this.domain.resume().catch(() => undefined);
    const written = await writing;
    await resumed;
    if (written !== null) {
      probe.written.push(written);
      // Where the stream has no room for it, it is said out of turn.
      const said = await this.agent.note('bound', probe.config.id).catch(() => true);
      if (!said) this.note(probe.config.id, Note.bound, '');
      return;
    }
    probe.stale = false;
    await this.agent.call('unarmable', probe.config.id).catch(() => undefined);
    this.note(
      probe.config.id,
      Note.unreachable,
      'its constant is kept where the debugger cannot write it, as for a function handed on from inside another one',
    );
  }

  /** What only a debugger can write back. */
  get debts(): Debt[] {
    return this.all().flatMap(({ config, fn, location, written }) =>
      location === null || written.length === 0
        ? []
        : [
            {
              probe: config.id,
              location,
              condition: exitCondition(this.agent.name, config.id, fn.node),
              written: [...written],
            },
          ],
    );
  }

  /**
   * Takes every probe out of the target: bindings back by the agent; constants and callers' variables by the debugger at the
   * function's next call, for which it waits a little. What is not called meanwhile stays a forwarder that records nothing.
   */
  async remove(): Promise<{ forwarding: readonly InstalledProbe[] }> {
    this.closed = true;
    this.entryBreakpoints.close();
    for (const timer of this.timers) clearTimeout(timer);
    // After this no condition holds any more, so that nothing new is written.
    await this.agent.call('remove');
    await Promise.all([...this.underWay]);
    await Promise.all(this.all().map((probe) => this.entryBreakpoints.disarm(probe)));
    const { debts } = this;
    let unpaid: ReadonlySet<number> = new Set();
    if (debts.length > 0) {
      await this.domain.need();
      unpaid = await this.writeBack.run(debts, RESTORE_MS);
      await this.domain.release();
    }
    if (this.optimised) await deoptimise(this.inspector);
    this.undo();
    return { forwarding: this.all().filter(({ config }) => unpaid.has(config.id)) };
  }

  private later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.closed) action();
    }, ms);
    timer.unref();
    this.timers.add(timer);
  }

  dispose(): void {
    this.closed = true;
    this.entryBreakpoints.close();
    for (const timer of this.timers) clearTimeout(timer);
    this.undo();
    this.registry.dispose();
  }
}

/** The variable that the function is reached by, null when it is a property or nothing. */
function nameOf({ node: { binding } }: ResolvedFunction): string | null {
  return binding.kind === 'assignable' || binding.kind === 'constant' ? binding.name : null;
}
