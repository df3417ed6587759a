import type {
  CallEnter,
  CallExit,
  CallSettle,
  CallThrow,
  DbQueryEnd,
  DbQueryStart,
  HttpServerEnd,
  HttpServerStart,
  StateSnapshot,
} from '../tracer/event/event.ts';
import type { Recording } from '../tracer/store/recording.ts';
import type { Span } from '../tracer/store/span.ts';

/** Everything the recording holds about one span, its parts told apart. */
export type SpanRecord =
  | {
      readonly kind: 'call';
      readonly span: Span;
      readonly enter: CallEnter;
      readonly exit: CallExit | null;
      /** The end: a throw, or the settlement of the promise it returned. */
      readonly end: CallThrow | CallSettle | null;
      readonly snapshots: readonly StateSnapshot[];
    }
  | { readonly kind: 'http'; readonly span: Span; readonly start: HttpServerStart; readonly end: HttpServerEnd | null }
  | { readonly kind: 'db'; readonly span: Span; readonly start: DbQueryStart; readonly end: DbQueryEnd | null };

/** Events of one call that are read at most: a watched call may touch state a million times. */
const MAX_EVENTS = 1_000;

/** Null when the call is not in the recording, or its start was lost. */
export function spanRecord(recording: Recording, call: number): SpanRecord | null {
  const span = recording.span(call);
  if (span === null) return null;
  const start = recording.event(span.startSeq);
  if (start?.type === 'http.server.start') {
    const end = span.endSeq === null ? null : recording.event(span.endSeq);
    return { kind: 'http', span, start, end: end?.type === 'http.server.end' ? end : null };
  }
  if (start?.type === 'db.query.start') {
    const end = span.endSeq === null ? null : recording.event(span.endSeq);
    return { kind: 'db', span, start, end: end?.type === 'db.query.end' ? end : null };
  }
  return start?.type === 'call.enter' ? callRecord(recording, span, start) : null;
}

function callRecord(recording: Recording, span: Span, enter: CallEnter): SpanRecord {
  let exit: CallExit | null = null;
  let end: CallThrow | CallSettle | null = null;
  const snapshots: StateSnapshot[] = [];
  const types = ['call.exit', 'call.throw', 'call.settle', 'state.snapshot'] as const;
  for (const event of recording.events({ call: span.call, types, limit: MAX_EVENTS })) {
    if (event.type === 'call.exit') exit = event;
    else if (event.type === 'call.throw' || event.type === 'call.settle') end = event;
    else if (event.type === 'state.snapshot') snapshots.push(event);
  }
  return { kind: 'call', span, enter, exit, end, snapshots };
}
