import type { Engine } from '../event/event.ts';
import type { ProbeId, TargetId } from '../event/ids.ts';
import type { SourceLocation } from '../event/location.ts';
import type { Finding } from '../finding/finding.ts';
import type { Plan, PlanProbe } from '../plan/plan.ts';

/** `recording.json` (lowdb): everything about a recording but its events. */
export interface RecordingManifest {
  readonly version: 1;
  readonly id: string;
  /** Wall clock of the recording's origin: `t` 0 of every event; milliseconds since the epoch. */
  readonly originMs: number;
  readonly endedMs: number | null;
  /** `recording` while written; a reader that finds it so with no writer alive treats it as interrupted. */
  readonly state: 'recording' | 'complete';
  readonly writerPid: number;
  readonly question: string | null;
  readonly plan: Plan;
  readonly targets: readonly TargetInfo[];
  readonly probes: readonly ProbeState[];
  readonly findings: readonly Finding[];
  readonly overhead: Overhead | null;
  readonly dropped: number;
  readonly segments: readonly Segment[];
}

export interface TargetInfo {
  readonly id: TargetId;
  readonly pid: number;
  readonly title: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly nodeVersion: string;
}

/** How one probe of the plan stands in one target. */
export interface ProbeState {
  readonly id: ProbeId;
  readonly target: TargetId;
  /** The plan's text: `src/a.ts#A.b`, or the library's name. */
  readonly at: string;
  readonly kind: PlanProbe['kind'];
  /** `A.b`, as shown to people. */
  readonly name: string;
  /** Where the function stands in the original source. */
  readonly location: SourceLocation | null;
  readonly engine: Engine;
  readonly status: 'installed' | 'waiting' | 'limited' | 'failed' | 'removed';
  /** Why not a better rung, why it waits or failed; what to do. Empty when all is well. */
  readonly reason: string;
  readonly calls: number;
  /**
   * Comparison with V8, when audited: calls V8 saw begin and we recorded in the same interval. V8's coverage counts an async
   * function's resumptions as calls, so those are counted at a breakpoint instead (`by`).
   */
  readonly audit: { readonly v8: number; readonly recorded: number; readonly by?: 'breakpoint' | undefined } | null;
  readonly predictedCallsPerSecond: number | null;
}

/** Measured cost in the target: nanoseconds the agent spent on the main thread, per wall time. */
export interface Overhead {
  readonly percent: number;
  readonly agentMs: number;
  readonly wallMs: number;
  /** How it was measured, one sentence. */
  readonly method: string;
}

/** One append-only `events-NNNNNN.jsonl`; `firstSeq` inclusive, `events` lines. */
export interface Segment {
  readonly file: string;
  readonly firstSeq: number;
  readonly events: number;
  readonly bytes: number;
  readonly fromNs: number;
  readonly toNs: number;
}
