import type { CallId, EventSeq, Nanoseconds, ProbeId, TargetId } from '../event/ids.ts';
import type { SourceLocation } from '../event/location.ts';

/** Something that took time: a call, an HTTP request, a query. */
export interface Span {
  readonly call: CallId;
  readonly parent: CallId | null;
  readonly root: CallId;
  readonly target: TargetId;
  readonly kind: 'call' | 'http' | 'db';
  /** Qualified function name, `GET /path`, or the start of the statement. */
  readonly name: string;
  readonly probe: ProbeId | null;
  readonly start: Nanoseconds;
  /** Null while it is open. */
  readonly end: Nanoseconds | null;
  readonly failed: boolean;
  /** The function's source, or the line that issued the query. */
  readonly location: SourceLocation | null;
  readonly startSeq: EventSeq;
  readonly endSeq: EventSeq | null;
}
