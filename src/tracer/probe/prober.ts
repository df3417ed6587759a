import type { AgentStats } from '../agent/main.ts';
import type { ProbeConfig } from '../agent/probe.ts';
import { Note } from '../agent/wire.ts';
import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { CallSiteRebinder } from './call-site.ts';
import { entryCondition, exitCondition } from './condition.ts';
import { type BreakLocation, type CallFrame, DebuggerDomain, type Paused } from './debugger-domain.ts';
import { Deoptimiser, deoptimise } from './deoptimiser.ts';
import { InstalledProbe } from './function-probe.ts';
import type { ResolvedFunction } from './resolve.ts';
import { ScriptRegistry } from './script-registry.ts';
import { type Debt, WriteBack, writeVariable } from './write-back.ts';

/** Pipelined commands that write a variable on the paused frame's scope chain. */
const WRITABLE_SCOPES = new Set(['closure', 'block', 'module', 'script', 'catch']);
/** How long a breakpoint stays after rebinding to see calls that come past the wrapper, milliseconds. */
const LINGER_MS = 250;
const RESTORE_MS = 1200;
/** How long, and how often, a busy function is left alone while one of its callers is waited for. */
const REST_MS = 1000;
const CALLER_MS = 2000;
const MAX_RESTS = 3;
/** Hits between two looks at the counters that show a busy function. */
const MANY_WRAPPED = 8;
/** Probes installed with one burst of commands. */
const BATCH = 8;
/** How long the next batch waits at most, milliseconds, while more than so many probes are being hit. */
const BATCH_MS = 60;
const MOST_BUSY = 40;
const EACH = 'every object has one of its own: those it was called on are traced, objects that come later are not';

/**
 * Installs function probes in one target: a conditional breakpoint at the first hit rebinds the binding, and is gone
 * right after (DESIGN 3, fact 5). What cannot be rebound stays on the breakpoint under a rate limit, and says so.
 */
export class Prober {
  readonly registry: ScriptRegistry;
  readonly domain: DebuggerDomain;
  private readonly probes = new Map<number, InstalledProbe>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly callSites: CallSiteRebinder;
  /** A variable was written: optimised code may hold what it held. */
  private named = false;
  private readonly undo: () => void;
  private readonly writeBack: WriteBack;
  private readonly deoptimiser: Deoptimiser;
  /** Probes whose breakpoints count, and stay for that. */
  private readonly audited = new Set<InstalledProbe>();
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
    this.callSites = new CallSiteRebinder(inspector, agent, this.domain, (probe) => this.variableWritten(probe));
    this.undo = this.domain.onPaused((paused) => this.paused(paused));
  }

  all(): InstalledProbe[] {
    return [...this.probes.values()];
  }

  get(id: number): InstalledProbe | undefined {
    return this.probes.get(id);
  }

  /** Whether optimised code has to go when everything is written back. */
  get optimised(): boolean {
    return this.named;
  }

  /** Number of breakpoints of ours in the target now. */
  get breakpoints(): number {
    return this.all().filter((probe) => probe.breakpoint !== null).length;
  }

  /** Sets the breakpoints of all probes, commands pipelined. The Debugger domain must be needed by the caller meanwhile. */
  async install(entries: readonly Entry[]): Promise<void> {
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
    if (nameOf(probe.fn) === null) return this.later(LINGER_MS, () => this.settle(probe));
    probe.stale = true;
    this.variableWritten(probe);
  }

  /** A variable that calls of the probe's function come through has been written. */
  private variableWritten(probe: InstalledProbe): void {
    this.named = true;
    this.onWritten();
    void this.freshen(probe).catch(() => {
      probe.stale = false;
    });
  }

  private async freshen(probe: InstalledProbe): Promise<void> {
    await this.deoptimiser.request();
    if (this.closed) return;
    // Where the stream has no room for the mark, what comes next is taken for what came after.
    if (!(await this.agent.note('mark', probe.config.id))) probe.stale = false;
    if (probe.breakpoint === null) await this.arm(probe);
    this.later(LINGER_MS, () => this.settle(probe));
  }

  /** Commands of one batch are pipelined; the target runs between batches, so that many probes make no long pause. */
  private async installBatch(entries: readonly Entry[], taken: Set<string>): Promise<void> {
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
          await this.arm(probe);
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

  /** Puts the entry breakpoint in place. */
  private async arm(probe: InstalledProbe): Promise<void> {
    if (probe.breakpoint !== null || probe.arming || probe.location === null || this.closed) return;
    probe.arming = true;
    await this.domain.need();
    try {
      const condition = entryCondition(this.agent.name, probe.config.id, probe.fn.node);
      probe.breakpoint = await this.domain.setBreakpoint(probe.location, condition);
    } catch (error) {
      await this.domain.release().catch(() => undefined);
      throw error;
    } finally {
      probe.arming = false;
    }
    // Detached meanwhile: a breakpoint must not outlive the agent its condition speaks to.
    if (this.closed) await this.disarm(probe);
    else this.onChange(probe);
  }

  private async disarm(probe: InstalledProbe): Promise<void> {
    const id = probe.breakpoint;
    if (id === null) return;
    probe.breakpoint = null;
    await this.domain.removeBreakpoint(id).catch(() => undefined);
    await this.domain.release().catch(() => undefined);
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
        probe.bound = true;
        if (probe.engine !== 'breakpoint') {
          probe.engine = 'rebind';
          probe.status = probe.each ? 'limited' : 'installed';
          probe.reason = probe.each ? EACH : probe.fn.warning;
        }
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
      case Note.wrapped:
        // Before the mark, code that was optimised for the original may still be about.
        // Told many times over before the breakpoint is gone.
        if (probe.breakpoint === null || this.audited.has(probe)) break;
        if (probe.wantsCaller) void this.rest(probe).catch(() => undefined);
        // While stale it comes back; of a suspect nothing better is to be had in this way.
        else if (probe.stale || probe.suspect) void this.disarm(probe);
        else this.settle(probe);
        break;
      case Note.direct:
        // Hits from before a rebinding say nothing about after it.
        if (probe.stale) break;
        probe.direct++;
        if (!probe.several && !probe.each) void this.leaked(probe);
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
        void this.disarm(probe);
        this.later(1000, () => {
          if (!probe.suspect) void this.arm(probe).catch(() => undefined);
        });
        break;
    }
    this.onChange(probe);
  }

  /**
   * The agent's counters of breakpoint hits, which do not wait behind events that are still to be taken out, as its notes do: a
   * breakpoint that has nothing more to show must not stay for a backlog.
   */
  counted(id: number, direct: number, wrapped: number): void {
    const probe = this.probes.get(id);
    if (probe === undefined || this.closed) return;
    const { hits } = probe;
    probe.hits = { direct, wrapped };
    const busy = direct === hits.direct && wrapped - hits.wrapped >= MANY_WRAPPED;
    if (!busy || probe.breakpoint === null || !probe.bound || probe.several || this.audited.has(probe)) return;
    if (probe.wantsCaller) void this.rest(probe).catch(() => undefined);
    else void this.disarm(probe).then(() => this.later(LINGER_MS, () => this.settle(probe)));
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
    if (probe.engine === 'rebind' && probe.status === 'limited' && !probe.each && !probe.suspect) {
      probe.status = 'installed';
      probe.reason = probe.fn.warning;
    }
    probe.wantsCaller = false;
    if (probe.engine === 'rebind') void this.disarm(probe).then(() => this.onChange(probe));
  }

  /** Calls come past the wrapper, through a reference made earlier: the next one pauses and shows where it comes from. */
  private async leaked(probe: InstalledProbe): Promise<void> {
    if (probe.wantsCaller || this.closed) return;
    if (this.callSites.exhausted(probe)) {
      probe.engine = 'breakpoint';
      probe.status = 'limited';
      probe.reason = this.limitedReason(
        probe,
        'it is also called through references that were made earlier and could not be found',
      );
      return;
    }
    probe.wantsCaller = true;
    await this.agent.call('pause', probe.config.id, true).catch(() => undefined);
    await this.arm(probe).catch(() => undefined);
    this.waitForCaller(probe);
  }

  /** The Debugger domain is not kept on for a caller that does not come. */
  private waitForCaller(probe: InstalledProbe): void {
    const { rests } = probe;
    this.later(CALLER_MS, () => {
      if (probe.wantsCaller && probe.rests === rests) void this.rest(probe).catch(() => undefined);
    });
  }

  /**
   * The caller being waited for is a rare one, and each of the other calls pays for the breakpoint: it goes for a while, and
   * after a few times for good.
   */
  private async rest(probe: InstalledProbe): Promise<void> {
    const leaked = probe.direct;
    await this.disarm(probe);
    if (++probe.rests <= MAX_RESTS) {
      this.later(REST_MS, () => {
        if (!probe.wantsCaller) return;
        // The streak begins anew, so that the next one is told too.
        void this.agent.call('pause', probe.config.id, true).catch(() => undefined);
        void this.arm(probe).catch(() => undefined);
        this.waitForCaller(probe);
      });
      return;
    }
    probe.wantsCaller = false;
    await this.agent.call('pause', probe.config.id, false).catch(() => undefined);
    probe.suspect = true;
    probe.status = 'limited';
    probe.reason = `at least ${Math.max(leaked, 1)} calls came past the probe, through a reference that was not used while it was looked for; calls through it are not recorded`;
    this.onChange(probe);
  }

  private async pausedAtCallSite(probe: InstalledProbe, paused: Paused): Promise<void> {
    const outcome = await this.callSites.paused(probe, paused);
    if (this.closed || outcome === 'look' || !probe.wantsCaller) return;
    probe.wantsCaller = false;
    probe.direct = 0;
    probe.rests = 0;
    // What was found has been replaced: whether that was all is seen from here on.
    probe.suspect = false;
    probe.stale = true;
    const [, marked] = await Promise.all([
      this.agent.call('pause', probe.config.id, false),
      this.agent.note('mark', probe.config.id),
    ]).catch(() => [null, false] as const);
    if (!marked) probe.stale = false;
    this.later(LINGER_MS, () => this.settle(probe));
  }

  /**
   * Counts, at the function's first statement and for at most `ms` milliseconds, the calls that begin and those of them that
   * came through the wrapper; fewer for busy functions, since every hit costs the process about 0.25 ms.
   */
  async auditAtEntry(probes: readonly InstalledProbe[], ms: number): Promise<void> {
    const idle = probes.filter((probe) => probe.engine === 'rebind' && probe.breakpoint === null);
    if (idle.length === 0 || this.closed) return;
    const before = await this.agent.stats();
    const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    for (const probe of idle) this.audited.add(probe);
    await Promise.all(idle.map((probe) => this.arm(probe)));
    const deadline = Date.now() + ms;
    let left = idle;
    while (left.length > 0 && Date.now() < deadline && !this.closed) {
      await wait(10);
      const now = await this.agent.stats();
      const done = left.filter((probe) => hitsOf(now, probe) - hitsOf(before, probe) >= AUDITED_HITS);
      left = left.filter((probe) => !done.includes(probe));
      await Promise.all(done.map((probe) => this.disarmUnlessLeaking(probe)));
    }
    await Promise.all(left.map((probe) => this.disarmUnlessLeaking(probe)));
    for (const probe of idle) this.audited.delete(probe);
    const after = await this.agent.stats();
    for (const probe of idle) {
      const wrapped = (statOf(after, probe)?.[4] ?? 0) - (statOf(before, probe)?.[4] ?? 0);
      const seen = hitsOf(after, probe) - hitsOf(before, probe);
      if (seen > 0) probe.audit = { v8: seen, recorded: wrapped, by: 'breakpoint' };
      if (seen > wrapped) this.incomplete(probe, wrapped, seen);
    }
  }

  /** Not every call comes through the wrapper: said until the references that pass it by are found. */
  incomplete(probe: InstalledProbe, recorded: number, all: number): void {
    probe.suspect = true;
    probe.status = 'limited';
    probe.reason = `only ${recorded} of ${all} calls came through the probe when they were compared; the others use a reference to the function that could not be replaced`;
    this.onChange(probe);
  }

  private async disarmUnlessLeaking(probe: InstalledProbe): Promise<void> {
    if (!probe.wantsCaller) await this.disarm(probe);
  }

  /** The breakpoint of a probe that V8's counts show to be bypassed comes back. */
  async rearm(probe: InstalledProbe): Promise<void> {
    await this.arm(probe);
    this.later(LINGER_MS * 2, () => this.settle(probe));
  }

  private paused(paused: Paused): void {
    if (this.writeBack.paused(paused)) return;
    const frame = paused.callFrames[0];
    const probe = frame === undefined ? undefined : this.at(frame.location);
    if (frame === undefined || probe === undefined || (paused.hitBreakpoints?.length ?? 0) === 0)
      return void this.domain.resumeStranger(paused);
    if (probe.wantsCaller) void this.track(this.pausedAtCallSite(probe, paused));
    else if (probe.fn.node.binding.kind === 'constant') void this.track(this.writeConstant(probe, frame));
    else void this.domain.resume().catch(() => undefined);
  }

  /** Pauses being made use of: what they write is known when they are done. */
  private readonly underWay = new Set<Promise<void>>();
  private track(work: Promise<void>): Promise<void> {
    const tracked: Promise<void> = work.catch(() => undefined).finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    return tracked;
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
  private async writeConstant(probe: InstalledProbe, frame: CallFrame): Promise<void> {
    // Until the code that was optimised for the original is thrown away, calls past the wrapper are no leaks.
    probe.stale = true;
    const written = this.setConstant(probe, frame);
    const resumed = this.domain.resume().catch(() => undefined);
    const scope = await written;
    await resumed;
    const { binding } = probe.fn.node;
    if (scope !== null && binding.kind === 'constant') {
      probe.written.push({ frame: 0, site: null, scope, variable: binding.name });
      await this.agent.note('bound', probe.config.id).catch(() => undefined);
    } else {
      probe.stale = false;
      await this.agent.call('unarmable', probe.config.id).catch(() => undefined);
      this.note(
        probe.config.id,
        Note.unreachable,
        'its constant is kept where the debugger cannot write it, as for a function handed on from inside another one',
      );
    }
  }

  /** Writes the wrapper; the scope it was written in. Commands leave before the first await when the name is unique. */
  private async setConstant(probe: InstalledProbe, frame: CallFrame): Promise<number | null> {
    const { binding } = probe.fn.node;
    if (binding.kind !== 'constant' || probe.wrapperObject === '') return null;
    const scopes = binding.unique ? writableScopes(frame) : await this.scopeWith(frame, binding.name);
    const written = await Promise.all(
      scopes.map((scope) =>
        writeVariable(
          this.inspector,
          frame,
          { frame: 0, site: null, scope, variable: binding.name },
          probe.wrapperObject,
        ),
      ),
    );
    return scopes.find((_, index) => written[index]) ?? null;
  }

  /** The innermost scope that has the name, when several are declared with it. */
  private async scopeWith(frame: CallFrame, name: string): Promise<number[]> {
    for (const index of writableScopes(frame)) {
      const objectId = frame.scopeChain[index]?.object.objectId;
      if (objectId === undefined) continue;
      const answer = await this.inspector
        .send<{ result: readonly { name: string }[] }>('Runtime.getProperties', { objectId, ownProperties: true })
        .catch(() => ({ result: [] }));
      if (answer.result.some((property) => property.name === name)) return [index];
    }
    return [];
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
    for (const timer of this.timers) clearTimeout(timer);
    // After this no condition holds any more, so that nothing new is written.
    await this.agent.call('remove');
    await Promise.all([...this.underWay]);
    await Promise.all(this.all().map((probe) => this.disarm(probe)));
    const { debts } = this;
    let unpaid: ReadonlySet<number> = new Set();
    if (debts.length > 0) {
      await this.domain.need();
      unpaid = await this.writeBack.run(debts, RESTORE_MS);
      await this.domain.release();
    }
    if (this.named) await deoptimise(this.inspector);
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
    for (const timer of this.timers) clearTimeout(timer);
    this.undo();
    this.registry.dispose();
  }
}

interface Entry {
  readonly at: string;
  readonly config: ProbeConfig;
  readonly fn: ResolvedFunction;
  readonly predicted: number | null;
}

/** The variable that the function is reached by, null when it is a property or nothing. */
function nameOf({ node: { binding } }: ResolvedFunction): string | null {
  return binding.kind === 'assignable' || binding.kind === 'constant' ? binding.name : null;
}

/** Calls of an async function that are enough to compare. */
const AUDITED_HITS = 40;

const statOf = (stats: AgentStats, probe: InstalledProbe) => stats.probes.find(([id]) => id === probe.config.id);
const hitsOf = (stats: AgentStats, probe: InstalledProbe): number => {
  const stat = statOf(stats, probe);
  return stat === undefined ? 0 : stat[3] + stat[4];
};

function writableScopes(frame: CallFrame): number[] {
  return frame.scopeChain.flatMap((scope, index) => (WRITABLE_SCOPES.has(scope.type) ? [index] : []));
}
