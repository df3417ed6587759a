import type { TraceEvent } from '../../../src/tracer/event/event.ts';
import type { Plan, PlanProbe } from '../../../src/tracer/plan/plan.ts';
import { DEFAULT_LIMITS } from '../../../src/tracer/plan/plan.ts';
import { TraceSession } from '../../../src/tracer/session/session.ts';
import type { TargetSession } from '../../../src/tracer/session/target-session.ts';
import type { ProbeState } from '../../../src/tracer/store/manifest.ts';
import type { TargetSpec } from '../../../src/tracer/target/target-spec.ts';
import { folder } from './folder.ts';
import { until } from './until.ts';

const open = new Set<Traced>();

export const functionProbe = (at: string, capture = ['args', 'return']): PlanProbe => ({
  kind: 'function',
  at,
  capture,
});
export const HTTP: PlanProbe = { kind: 'library', library: 'http' };

export function planOf(probes: readonly PlanProbe[]): Plan {
  return { version: 1, strategy: 'full', limits: { ...DEFAULT_LIMITS, eventsPerSecond: 400_000 }, probes };
}

/** A session under test, with everything it has said. */
export class Traced {
  readonly events: TraceEvent[] = [];

  private constructor(readonly session: TraceSession) {
    session.onEvents((events) => this.events.push(...events));
    open.add(this);
  }

  static async attach(...targets: TargetSpec[]): Promise<Traced> {
    return new Traced(await TraceSession.attach({ targets, out: folder(), eventsPerSecond: 400_000 }));
  }

  install(probes: readonly PlanProbe[], auditMs = 0): Promise<readonly ProbeState[]> {
    return this.session.install(planOf(probes), { auditMs, strict: true });
  }

  /** The target sessions inside: what the tests look at is not part of the public interface. */
  get targets(): readonly TargetSession[] {
    return (this.session as unknown as { targets: TargetSession[] }).targets;
  }

  probe(name: string): ProbeState {
    const state = this.session.probes().find((probe) => probe.name === name || probe.at === name);
    if (state === undefined) throw new Error(`no probe ${name}`);
    return state;
  }

  /** Events of one type of the probe of that name. */
  of<T extends TraceEvent['type']>(type: T, name: string): Extract<TraceEvent, { type: T }>[] {
    const ids = new Set(
      this.session
        .probes()
        .filter((probe) => probe.name === name)
        .map((probe) => probe.id),
    );
    return this.events.filter(
      (event) => event.type === type && ids.has((event as { probe: ProbeState['id'] }).probe),
    ) as never;
  }

  calls(name: string): number {
    return this.of('call.enter', name).length;
  }

  /** Waits until no breakpoint of ours is set and the Debugger domain is off. */
  async quiet(): Promise<void> {
    await until('breakpoints to go', () =>
      this.targets.every((target) => target.prober.breakpoints === 0 && !target.prober.domain.enabled),
    );
  }

  async stop() {
    open.delete(this);
    return this.session.stop();
  }
}

/** Detaches what is still attached; for `afterEach`. */
export async function stopSessions(): Promise<void> {
  await Promise.all([...open].map((traced) => traced.stop()));
}
