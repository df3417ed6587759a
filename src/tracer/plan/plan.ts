/** The plan file's content (DESIGN 6), after validation. */
export interface Plan {
  readonly version: 1;
  readonly question?: string;
  readonly strategy: Strategy;
  readonly limits: PlanLimits;
  readonly probes: readonly PlanProbe[];
  /** What was left out and why, for the reader; never acted on. */
  readonly notes?: readonly string[];
}

export type Strategy = 'minimal' | 'balanced' | 'full';

export interface PlanLimits {
  readonly overheadPercent: number;
  readonly eventsPerSecond: number;
  readonly memoryMB: number;
}

interface Reasoned {
  /** Why this probe answers the question, one sentence. */
  readonly because?: string;
  /** What the planner expects, from V8's counts in the running process. */
  readonly predicted?: Prediction;
}

export interface Prediction {
  readonly callsPerSecond: number;
  readonly eventsPerSecond: number;
  /** Percent of the target's main thread. */
  readonly overheadPercent: number;
}

/** `at` is `path/to/file.ts#Class.method` or `path/to/file.ts#fn`; the path is matched from its end. */
export interface FunctionProbe extends Reasoned {
  readonly kind: 'function';
  readonly at: string;
  /** `args`, `return`, and paths in the safe subset (`this.slots`, `args[0].id`). */
  readonly capture: readonly string[];
  readonly when?: string;
  /** Share of calls recorded, 0 < sample <= 1. */
  readonly sample?: number;
}
/** Every access to `path` of the instances of a class, seen through its probed methods. */
export interface WatchProbe extends Reasoned {
  readonly kind: 'watch';
  readonly at: string;
  readonly path: string;
}
export interface LibraryProbe extends Reasoned {
  readonly kind: 'library';
  readonly library: Library;
}
export type Library = 'http' | 'pg';

export type PlanProbe = FunctionProbe | WatchProbe | LibraryProbe;

export const DEFAULT_LIMITS: PlanLimits = { overheadPercent: 5, eventsPerSecond: 20_000, memoryMB: 64 };
export const DEFAULT_CAPTURE: readonly string[] = ['args', 'return'];
/** Asked when the user asks nothing. */
export const DEFAULT_QUESTION = 'What is slow, and what can go wrong?';
