import { formatValue } from '../event/format.ts';
import type { CallId, EventSeq } from '../event/ids.ts';
import type { SourceLocation } from '../event/location.ts';
import { analyse } from '../finding/analyse.ts';
import type { Finding } from '../finding/finding.ts';
import {
  type FunctionProfile,
  functionProfiles,
  queryProfiles,
  routeProfiles,
  type SpanProfile,
} from '../query/profile.ts';
import type { Overhead, ProbeState, TargetInfo } from '../store/manifest.ts';
import type { Recording } from '../store/recording.ts';
import { SpanBit, SpanKindCode } from '../store/span-table.ts';

/** What a recording tells in short, for people and programs. Durations in nanoseconds. */
export interface Report {
  readonly id: string;
  readonly question: string | null;
  readonly state: 'complete' | 'recording' | 'interrupted';
  readonly originMs: number;
  /** From the first to the last event. */
  readonly duration: number;
  readonly targets: readonly TargetInfo[];
  readonly events: number;
  /** Calls of probed functions that were recorded. */
  readonly calls: number;
  readonly dropped: number;
  /** Lines of the recording that could not be read. */
  readonly damaged: number;
  readonly overhead: Overhead | null;
  readonly findings: readonly Finding[];
  /** Most time spent first. */
  readonly functions: readonly FunctionProfile[];
  readonly requests: readonly SpanProfile[];
  readonly queries: readonly SpanProfile[];
  readonly errors: readonly ReportError[];
  readonly probes: readonly ReportProbe[];
}

/** One kind of failure. */
export interface ReportError {
  /** Function, request or statement. */
  readonly name: string;
  /** One line: `TypeError: x is not a function`, `status 500`. */
  readonly error: string;
  readonly count: number;
  readonly location: SourceLocation | null;
  readonly call: CallId;
  readonly seq: EventSeq | null;
}

export interface ReportProbe extends ProbeState {
  /** Calls recorded of those V8 counted in the same interval, 0..1; null when not audited. */
  readonly completeness: number | null;
}

const TOP = 20;
/** Failed spans whose error is read; beyond, they only count in the figures. */
const MAX_FAILURES = 2_000;
const MAX_ERROR = 200;

/** Sums up a recording, live or stored. One whose writer was killed has no findings of its own: they are made here. */
export function buildReport(recording: Recording): Report {
  const { manifest, index } = recording;
  const { from, to } = recording.range();
  let calls = 0;
  for (const stats of index.functions.values()) calls += stats.calls;
  return {
    id: manifest.id,
    question: manifest.question,
    state: recording.interrupted ? 'interrupted' : manifest.state,
    originMs: manifest.originMs,
    duration: to - from,
    targets: manifest.targets,
    events: recording.eventCount,
    calls,
    dropped: Math.max(manifest.dropped, droppedIn(recording)),
    damaged: recording.damaged,
    overhead: manifest.overhead,
    findings: recording.interrupted ? analyse(recording) : manifest.findings,
    functions: functionProfiles(recording).slice(0, TOP),
    requests: routeProfiles(recording).slice(0, TOP),
    queries: queryProfiles(recording).slice(0, TOP),
    errors: errorsOf(recording),
    probes: manifest.probes.map((probe) => ({
      ...probe,
      calls: Math.max(probe.calls, index.functions.get(probe.id)?.calls ?? 0),
      completeness: completenessOf(probe),
    })),
  };
}

function completenessOf(probe: ProbeState): number | null {
  if (probe.audit === null) return null;
  return probe.audit.v8 === 0 ? 1 : Math.min(1, probe.audit.recorded / probe.audit.v8);
}

function droppedIn(recording: Recording): number {
  let dropped = 0;
  for (const row of recording.index.notable) {
    const event = recording.eventAt(row);
    if (event?.type === 'events.dropped') dropped += event.count;
  }
  return dropped;
}

function errorsOf(recording: Recording): ReportError[] {
  const { spans } = recording.index;
  const groups = new Map<string, { -readonly [K in keyof ReportError]: ReportError[K] }>();
  let read = 0;
  for (let row = 0; row < spans.length && read < MAX_FAILURES; row++) {
    if (((spans.flags[row] as number) & SpanBit.failed) === 0 || spans.kind[row] === SpanKindCode.ghost) continue;
    const span = recording.spanAt(row);
    if (span === null) continue;
    read++;
    const error = errorText(recording, span.endSeq);
    const group = groups.get(`${span.name}\n${error}`);
    if (group !== undefined) group.count++;
    else {
      const { name, location, call, endSeq: seq } = span;
      groups.set(`${name}\n${error}`, { name, error, count: 1, location, call, seq });
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, TOP);
}

function errorText(recording: Recording, seq: number | null): string {
  const event = seq === null ? null : recording.event(seq);
  switch (event?.type) {
    case 'call.throw':
      return formatValue(event.error, MAX_ERROR);
    case 'call.settle':
      return formatValue(event.value, MAX_ERROR);
    case 'db.query.end':
      return event.error === undefined ? 'failed' : formatValue(event.error, MAX_ERROR);
    case 'http.server.end':
      return event.outcome === 'aborted' ? 'aborted by the client' : `status ${event.status}`;
    default:
      return 'failed';
  }
}
