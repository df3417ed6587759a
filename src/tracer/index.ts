/** The library: `import { attach } from 'nodescope'`. */
export { NodeScopeError } from './error/error.ts';
export type { TraceEvent } from './event/event.ts';
export type { CapturedValue } from './event/value.ts';
export type { Finding } from './finding/finding.ts';
export type { Plan, PlanProbe } from './plan/plan.ts';
export { parsePlan } from './plan/schema.ts';
export { stateAt } from './query/state.ts';
export { buildReport } from './report/report.ts';
export type { AttachOptions, InstallOptions } from './session/session.ts';
export { TraceSession } from './session/session.ts';
export { Recording } from './store/recording.ts';
export { listNodeProcesses } from './target/process-list.ts';
export type { TargetSpec } from './target/target-spec.ts';

import { type AttachOptions, TraceSession } from './session/session.ts';

/** Attaches to running processes; see `TraceSession.attach`. */
export const attach = (options: AttachOptions): Promise<TraceSession> => TraceSession.attach(options);
