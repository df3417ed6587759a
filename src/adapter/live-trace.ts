import type { TraceEvent } from '../tracer/event/event.ts';
import type { Finding } from '../tracer/finding/finding.ts';
import type { Plan, Strategy } from '../tracer/plan/plan.ts';
import type { Overhead, ProbeState, RecordingManifest } from '../tracer/store/manifest.ts';
import type { Recording } from '../tracer/store/recording.ts';
import type { AttachRequest } from './attach-request.ts';

/** What the adapter and the extension need of a running trace; `TraceSession` is one. */
export interface LiveTrace {
  readonly recording: Recording;
  /** Folder of the recording on disk. */
  readonly directory: string;
  /** Whether any target is still there. */
  readonly attached: boolean;
  planFor(question: string, strategy?: Strategy): Promise<Plan>;
  install(plan: Plan): Promise<readonly ProbeState[]>;
  probes(): readonly ProbeState[];
  overhead(): Overhead | null;
  findings(): readonly Finding[];
  onEvents(listener: (events: readonly TraceEvent[]) => void): () => void;
  onProbes(listener: (probes: readonly ProbeState[]) => void): () => void;
  onFindings(listener: (findings: readonly Finding[]) => void): () => void;
  /** A target is gone, or the disk failed; the reason is one sentence. The rest goes on. */
  onClosed(listener: (reason: string) => void): () => void;
  /** Detaches, restores every function and closes the recording. */
  stop(): Promise<RecordingManifest>;
}

/** Attaches to what the request names. Rejects with a `NodeScopeError`. */
export type StartTrace = (request: AttachRequest) => Promise<LiveTrace>;
