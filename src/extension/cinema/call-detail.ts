import type { CallDetail, CallOutcome, SpanBody, StateAround } from '../../../webview/messages.ts';
import { parentsOf } from '../../adapter/call-stack.ts';
import { type SpanRecord, spanRecord } from '../../adapter/span-record.ts';
import type { StateSnapshot } from '../../tracer/event/event.ts';
import type { CapturedValue } from '../../tracer/event/value.ts';
import type { Finding } from '../../tracer/finding/finding.ts';
import { diffValues } from '../../tracer/query/diff.ts';
import type { Recording } from '../../tracer/store/recording.ts';
import { briefOf } from './brief.ts';

const MAX_CHILDREN = 200;

/** Everything the cinema shows about one call; null when the recording does not have it. */
export function callDetail(recording: Recording, call: number, findings: readonly Finding[]): CallDetail | null {
  const record = spanRecord(recording, call);
  if (record === null) return null;
  const { span } = record;
  const children = recording.children(call);
  return {
    span: briefOf(span),
    body: bodyOf(record),
    duration: span.end === null ? null : span.end - span.start,
    parents: parentsOf(recording, span).map(briefOf),
    children: children.slice(0, MAX_CHILDREN).map(briefOf),
    childCount: children.length,
    states: record.kind === 'call' ? statesAround(record.snapshots) : [],
    findings: findings.filter((finding) => finding.evidence.calls.includes(span.call)).map((finding) => finding.id),
  };
}

function bodyOf(record: SpanRecord): SpanBody {
  switch (record.kind) {
    case 'call': {
      const { enter } = record;
      const argc = enter.argc ?? enter.args.length;
      return { kind: 'call', args: enter.args, argc, self: enter.self ?? null, outcome: outcomeOf(record) };
    }
    case 'http': {
      const { start, end } = record;
      const status = end?.status ?? null;
      return { kind: 'http', method: start.method, url: start.url, status, aborted: end?.outcome === 'aborted' };
    }
    case 'db': {
      const { start, end } = record;
      return {
        kind: 'db',
        system: start.system,
        statement: start.statement,
        params: start.params ?? null,
        rows: end?.rows ?? null,
        error: end?.error ?? null,
      };
    }
  }
}

function outcomeOf({ exit, end }: Extract<SpanRecord, { kind: 'call' }>): CallOutcome {
  if (end?.type === 'call.throw') return { kind: 'threw', value: end.error };
  if (end?.type === 'call.settle') return { kind: end.outcome, value: end.value };
  if (exit === null) return { kind: 'running' };
  return exit.pending === true ? { kind: 'pending' } : { kind: 'returned', value: exit.value };
}

/** Pairs the snapshots of each captured path. */
function statesAround(snapshots: readonly StateSnapshot[]): StateAround[] {
  const places = new Map<
    string,
    { path: string; holder: number | null; before?: CapturedValue; after?: CapturedValue }
  >();
  for (const { path, holder, when, value } of snapshots) {
    const place = places.get(path) ?? { path, holder: holder ?? null };
    places.set(path, { ...place, [when]: value });
  }
  return [...places.values()].map((place) => {
    const { before, after } = place;
    return { ...place, diff: before === undefined || after === undefined ? [] : diffValues(before, after) };
  });
}
