import type { AgentStats } from '../agent/main.ts';
import type { ProbeConfig } from '../agent/probe.ts';
import { Note } from '../agent/wire.ts';
import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { CallSiteRebinder } from './call-site.ts';
import { entryCondition, exitCondition } from './condition.ts';
import { type BreakLocation, type CallFrame, DebuggerDomain, type Paused } from './debugger-domain.ts';
import { InstalledProbe } from './function-probe.ts';
import type { ResolvedFunction } from './resolve.ts';
import { ScriptRegistry } from './script-registry.ts';

/** Pipelined commands that write a variable on the paused frame's scope chain. */
const WRITABLE_SCOPES = new Set(['closure', 'block', 'module', 'script', 'catch']);
/** How long a breakpoint stays after rebinding to see calls that come past the wrapper, milliseconds. */
const LINGER_MS = 250;
const RESTORE_MS = 1200;
/** Probes installed with one burst of commands. */
const BATCH = 8;
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
  private readonly undo: () => void;
  /** Probes whose bindings are being written back, with the breakpoint that waits for their next call. */
  private readonly restoring = new Map<InstalledProbe, string | null>();
  private closed = false;
  onChange: (probe: InstalledProbe) => void = () => {};
  /** The probe's breakpoint is away for the rest of the second. */
  onThrottled: (probe: InstalledProbe) => void = () => {};

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
  ) {
    this.registry = new ScriptRegistry(inspector);
    this.domain = new DebuggerDomain(inspector);
    this.callSites = new CallSiteRebinder(
      inspector,
      agent,
      this.domain,
      (scriptId) => this.registry.byId(scriptId)?.parsed.url === 'nodescope-agent',
    );
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

  /** Sets the breakpoints of all probes, commands pipelined. The Debugger domain must be needed by the caller meanwhile. */
  async install(
    entries: readonly { at: string; config: ProbeConfig; fn: ResolvedFunction; predicted: number | null }[],
  ): Promise<void> {
    await this.agent.add(entries.map((entry) => entry.config));
    const taken = new Set(this.all().map((probe) => `${probe.fn.script.id}:${probe.fn.node.start}`));
    for (let from = 0; from < entries.length; from += BATCH) {
      await this.installBatch(entries.slice(from, from + BATCH), taken);
    }
  }

  /** Commands of one batch are pipelined; the target runs between batches, so that many probes make no long pause. */
  private async installBatch(
    entries: readonly { at: string; config: ProbeConfig; fn: ResolvedFunction; predicted: number | null }[],
    taken: Set<string>,
  ): Promise<void> {
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
        this.later(LINGER_MS, () => this.settle(probe));
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
        this.later(1000, () => void this.arm(probe).catch(() => undefined));
        break;
    }
    this.onChange(probe);
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
    if (probe.engine === 'breakpoint' && !this.callSites.exhausted(probe)) {
      probe.engine = 'rebind';
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
  }

  private async pausedAtCallSite(probe: InstalledProbe, paused: Paused): Promise<void> {
    const outcome = await this.callSites.paused(probe, paused);
    if (this.closed || outcome === 'look' || !probe.wantsCaller) return;
    probe.wantsCaller = false;
    probe.direct = 0;
    probe.stale = true;
    await Promise.all([
      this.agent.call('pause', probe.config.id, false),
      this.agent.note('mark', probe.config.id),
    ]).catch(() => undefined);
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
    const frame = paused.callFrames[0];
    const probe = frame === undefined ? undefined : this.at(frame.location);
    if (frame === undefined || probe === undefined || (paused.hitBreakpoints?.length ?? 0) === 0)
      return void this.resumeStranger(paused);
    if (this.restoring.has(probe)) void this.writeBack(probe, paused, frame);
    else if (probe.wantsCaller) void this.pausedAtCallSite(probe, paused);
    else if (probe.fn.node.binding.kind === 'constant') void this.writeConstant(probe, frame);
    else void this.domain.resume().catch(() => undefined);
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
   * A pause that is not for us. One of our breakpoints that has no work left, or a `debugger` statement that only stops
   * because our Debugger domain is on: the application goes on at once. Another debugger's pause is left to it.
   */
  private async resumeStranger(paused: Paused): Promise<void> {
    const frame = paused.callFrames[0];
    if (frame === undefined) return;
    if ((paused.hitBreakpoints?.length ?? 0) > 0) return void (await this.domain.resume().catch(() => undefined));
    const { scriptId, lineNumber, columnNumber } = frame.location;
    const answer = await this.inspector
      .send<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId })
      .catch(() => null);
    // Without the text the application matters more than another debugger's pause.
    const line = answer === null ? null : (answer.scriptSource.split('\n')[lineNumber] ?? '');
    if (line === null || (paused.reason === 'other' && /^debugger\b/.test(line.slice(columnNumber))))
      await this.domain.resume().catch(() => undefined);
  }

  /**
   * Writes a `const` while paused at the function's start. All commands leave at once, the resume with them: the process
   * stands still for one way there, not for round trips (DESIGN 3, fact 2).
   */
  private async writeConstant(probe: InstalledProbe, frame: CallFrame): Promise<void> {
    const written = this.setConstant(probe, frame, probe.wrapperObject);
    const resumed = this.domain.resume();
    probe.constant = await written;
    await resumed.catch(() => undefined);
    if (probe.constant) await this.agent.note('bound', probe.config.id).catch(() => undefined);
    else {
      await this.agent.call('unarmable', probe.config.id).catch(() => undefined);
      this.note(
        probe.config.id,
        Note.unreachable,
        'its constant is kept where the debugger cannot write it, as for a function handed on from inside another one',
      );
    }
  }

  /** At detach: the original goes back into the constant and into the callers' variables that lead here. */
  private async writeBack(probe: InstalledProbe, paused: Paused, frame: CallFrame): Promise<void> {
    const original = this.originals.get(probe.config.id) ?? '';
    const variables = this.callSites.restore(probe, paused, original);
    const constant = probe.constant ? this.setConstant(probe, frame, original) : Promise.resolve(false);
    // Nothing else to write back: the breakpoint goes in the same pause.
    const last = probe.variables.length === 0 ? this.forgetRestoring(probe) : Promise.resolve();
    const resumed = this.domain.resume();
    await last;
    if (await constant) probe.constant = false;
    await variables;
    await resumed.catch(() => undefined);
  }

  /** Commands leave before the first await when the name is unique. */
  private async setConstant(probe: InstalledProbe, frame: CallFrame, objectId: string): Promise<boolean> {
    const { binding } = probe.fn.node;
    if (binding.kind !== 'constant' || objectId === '') return false;
    const scopes = binding.unique ? writableScopes(frame) : await this.scopeWith(frame, binding.name);
    const writes = scopes.map((scopeNumber) =>
      this.inspector
        .send('Debugger.setVariableValue', {
          scopeNumber,
          variableName: binding.name,
          newValue: { objectId },
          callFrameId: frame.callFrameId,
        })
        .then(
          () => true,
          () => false,
        ),
    );
    return (await Promise.all(writes)).some(Boolean);
  }

  private readonly originals = new Map<number, string>();

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

  /**
   * Takes every probe out of the target: bindings back by the agent; constants and callers' variables by the debugger at the
   * function's next call, for which it waits a little. What is not called meanwhile stays a forwarder that records nothing.
   */
  async remove(): Promise<{ forwarding: readonly InstalledProbe[] }> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    const written = this.all().filter(needsDebugger);
    if (written.length > 0) await this.domain.need();
    await Promise.all(
      written.map(async (probe) =>
        this.originals.set(probe.config.id, await this.agent.originalObject(probe.config.id)),
      ),
    );
    await this.agent.call('remove');
    await Promise.all(this.all().map((probe) => this.disarm(probe)));
    if (written.length > 0) {
      await this.restoreWritten(written);
      await this.domain.release();
    }
    this.undo();
    return { forwarding: this.all().filter(needsDebugger) };
  }

  private async restoreWritten(probes: readonly InstalledProbe[]): Promise<void> {
    await Promise.all(
      probes.map(async (probe) => {
        if (probe.location === null) return;
        this.restoring.set(probe, null);
        const id = await this.domain.setBreakpoint(
          probe.location,
          exitCondition(this.agent.name, probe.config.id, probe.fn.node),
        );
        // It may have been hit, and done its work, before its id was known.
        if (needsDebugger(probe)) this.restoring.set(probe, id);
        else await this.domain.removeBreakpoint(id).catch(() => undefined);
      }),
    );
    const deadline = Date.now() + RESTORE_MS;
    while (probes.some(needsDebugger) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (const probe of this.restoring.keys()) if (!needsDebugger(probe)) await this.forgetRestoring(probe);
    }
    await Promise.all([...this.restoring.keys()].map((probe) => this.forgetRestoring(probe)));
  }

  private async forgetRestoring(probe: InstalledProbe): Promise<void> {
    const id = this.restoring.get(probe);
    if (id === undefined || id === null) return;
    this.restoring.set(probe, null);
    await this.domain.removeBreakpoint(id).catch(() => undefined);
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

/** Calls of an async function that are enough to compare. */
const AUDITED_HITS = 40;

const statOf = (stats: AgentStats, probe: InstalledProbe) => stats.probes.find(([id]) => id === probe.config.id);
const hitsOf = (stats: AgentStats, probe: InstalledProbe): number => {
  const stat = statOf(stats, probe);
  return stat === undefined ? 0 : stat[3] + stat[4];
};

const needsDebugger = (probe: InstalledProbe): boolean => probe.constant || probe.variables.length > 0;

function writableScopes(frame: CallFrame): number[] {
  return frame.scopeChain.flatMap((scope, index) => (WRITABLE_SCOPES.has(scope.type) ? [index] : []));
}
