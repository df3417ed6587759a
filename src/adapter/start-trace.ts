import type { AttachRequest, AttachTarget } from './attach-request.ts';
import type { LiveTrace } from './live-trace.ts';

/** The tracer's own entry: `TraceSession.attach`. */
export type Attach = (options: {
  readonly targets: AttachTarget[];
  readonly out?: string;
  readonly workspace?: string;
  readonly question?: string;
}) => Promise<LiveTrace>;

/** Starts a trace for a debug configuration; the recording goes into the workspace's `.nodescope`. */
export function startTrace(request: AttachRequest, attach: Attach): Promise<LiveTrace> {
  const { target, workspace, question } = request;
  return attach({ targets: [target], question, ...(workspace === null ? {} : { workspace, out: workspace }) });
}
