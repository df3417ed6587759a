import type { TraceEvent } from '../event/event.ts';
import type { ProbeState } from '../store/manifest.ts';
import type { Finding } from './finding.ts';
import type { LiveSpans } from './live-spans.ts';
import type { SpanInfo } from './span-info.ts';

/** What an analysis is told about the recording it looks at. */
export interface AnalysisContext {
  probeOf(probe: number): ProbeState | undefined;
}

/** What a detector may ask while it observes. */
export interface DetectorContext extends AnalysisContext {
  readonly spans: LiveSpans;
}

/**
 * Looks for one kind of fault, event by event, in bounded memory; the same for live and stored recordings. Events come in
 * order of storage; a span's start is known to `context.spans` before the detector sees it.
 */
export interface Detector {
  readonly name: string;
  observe(event: TraceEvent, context: DetectorContext): void;
  /** The span will not be mentioned again, as far as anybody can tell. */
  forget(span: SpanInfo, context: DetectorContext): void;
  /** What was found so far; the same cause keeps its id. */
  findings(context: DetectorContext): Finding[];
}
