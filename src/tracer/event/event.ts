import type { CallId, EventSeq, Nanoseconds, ObjectId, ProbeId, TargetId } from './ids.ts';
import type { SourceLocation } from './location.ts';
import type { CapturedValue } from './value.ts';

/** What every event carries. `t` is nanoseconds since the recording's origin. */
interface Base {
  readonly seq: EventSeq;
  readonly target: TargetId;
  readonly t: Nanoseconds;
}

/** Start of any span: parent is the innermost span that was running or awaited when it started; root the topmost one. */
interface SpanStart extends Base {
  readonly call: CallId;
  readonly parent: CallId | null;
  readonly root: CallId;
}

/** End of a span; `duration` is nanoseconds since its start. */
interface SpanEnd extends Base {
  readonly call: CallId;
  readonly duration: Nanoseconds;
}

export interface CallEnter extends SpanStart {
  readonly type: 'call.enter';
  readonly probe: ProbeId;
  /** Identity of `this`, when it is an object. */
  readonly self?: ObjectId;
  readonly args: readonly CapturedValue[];
  /** Number of arguments passed, when more than `args` holds. */
  readonly argc?: number;
}
/** The function returned. `pending` says that it returned a promise whose `call.settle` follows. */
export interface CallExit extends SpanEnd {
  readonly type: 'call.exit';
  readonly probe: ProbeId;
  readonly value: CapturedValue;
  readonly pending?: true;
}
export interface CallThrow extends SpanEnd {
  readonly type: 'call.throw';
  readonly probe: ProbeId;
  readonly error: CapturedValue;
}
/** The promise the call returned has settled; `duration` counts from the enter. */
export interface CallSettle extends SpanEnd {
  readonly type: 'call.settle';
  readonly probe: ProbeId;
  readonly outcome: 'fulfilled' | 'rejected';
  readonly value: CapturedValue;
}

/** A captured path (`this.slots`) around a call: `before` at the enter, `after` at the end (settlement for promises). */
export interface StateSnapshot extends Base {
  readonly type: 'state.snapshot';
  readonly call: CallId;
  readonly probe: ProbeId;
  readonly holder?: ObjectId;
  readonly path: string;
  readonly when: 'before' | 'after';
  readonly value: CapturedValue;
}
/** Access to watched state: `key` is the Map key, Set member or property, null when the path itself is meant. */
interface StateAccess extends Base {
  readonly call: CallId | null;
  readonly probe: ProbeId;
  readonly holder: ObjectId;
  readonly path: string;
  readonly key: CapturedValue | null;
}
export interface StateRead extends StateAccess {
  readonly type: 'state.read';
  readonly value: CapturedValue;
}
export interface StateChange extends StateAccess {
  readonly type: 'state.change';
  readonly op: 'set' | 'delete' | 'clear';
  readonly before: CapturedValue;
  readonly after: CapturedValue;
}

export interface HttpServerStart extends SpanStart {
  readonly type: 'http.server.start';
  readonly method: string;
  /** Path and query, secrets redacted. */
  readonly url: string;
}
export interface HttpServerEnd extends SpanEnd {
  readonly type: 'http.server.end';
  readonly status: number;
  readonly outcome: 'finished' | 'aborted';
}

export interface DbQueryStart extends SpanStart {
  readonly type: 'db.query.start';
  readonly system: string;
  readonly statement: CapturedValue;
  readonly params?: readonly CapturedValue[];
  /** The application's line that issued the query (first frame outside libraries), after source maps. */
  readonly site: SourceLocation | null;
}
export interface DbQueryEnd extends SpanEnd {
  readonly type: 'db.query.end';
  readonly rows: number | null;
  readonly error?: CapturedValue;
}

export interface ProcessExit extends Base {
  readonly type: 'process.exit';
  readonly reason: string;
}

/** How a probe stands. `engine` is the rung of the ladder (DESIGN 3). */
export interface ProbeInstalled extends Base {
  readonly type: 'probe.installed';
  readonly probe: ProbeId;
  readonly engine: Engine;
}
export interface ProbeThrottled extends Base {
  readonly type: 'probe.throttled';
  readonly probe: ProbeId;
  readonly why: string;
}
export interface ProbeFailed extends Base {
  readonly type: 'probe.failed';
  readonly probe: ProbeId;
  readonly why: string;
}
export interface ProbeRemoved extends Base {
  readonly type: 'probe.removed';
  readonly probe: ProbeId;
}
/** `count` events were lost between the previous event of this target and this one. */
export interface EventsDropped extends Base {
  readonly type: 'events.dropped';
  readonly count: number;
  readonly why: string;
}

export type Engine = 'rebind' | 'breakpoint' | 'library' | 'watch' | 'none';

export type TraceEvent =
  | CallEnter
  | CallExit
  | CallThrow
  | CallSettle
  | StateSnapshot
  | StateRead
  | StateChange
  | HttpServerStart
  | HttpServerEnd
  | DbQueryStart
  | DbQueryEnd
  | ProcessExit
  | ProbeInstalled
  | ProbeThrottled
  | ProbeFailed
  | ProbeRemoved
  | EventsDropped;

export type EventType = TraceEvent['type'];
export type SpanStartEvent = CallEnter | HttpServerStart | DbQueryStart;
export type SpanEndEvent = CallExit | CallThrow | CallSettle | HttpServerEnd | DbQueryEnd;

/** Whether the event starts a span. */
export function isSpanStart(event: TraceEvent): event is SpanStartEvent {
  return event.type === 'call.enter' || event.type === 'http.server.start' || event.type === 'db.query.start';
}

/** Whether the event ends its span for good; a `call.exit` that is `pending` does not (its `call.settle` does). */
export function isSpanEnd(event: TraceEvent): event is SpanEndEvent {
  switch (event.type) {
    case 'call.exit':
      return event.pending !== true;
    case 'call.throw':
    case 'call.settle':
    case 'http.server.end':
    case 'db.query.end':
      return true;
    default:
      return false;
  }
}
