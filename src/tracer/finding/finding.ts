import type { CallId, EventSeq, Nanoseconds, ObjectId } from '../event/ids.ts';
import type { SourceLocation } from '../event/location.ts';
import type { CapturedValue } from '../event/value.ts';

/** What a detector concluded, with the ids of its evidence. One finding per cause; repeats raise `count`. */
export interface Finding {
  /** Stable for the same cause within a recording, so that live updates replace the earlier version. */
  readonly id: string;
  readonly detector: string;
  readonly title: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly confidence: 'high' | 'medium' | 'low';
  readonly location: SourceLocation | null;
  /** What happened, in which order, why it is wrong; plain text, may hold captured values. */
  readonly explanation: string;
  readonly suggestion: string;
  readonly count: number;
  readonly firstAt: Nanoseconds;
  readonly lastAt: Nanoseconds;
  readonly evidence: { readonly events: readonly EventSeq[]; readonly calls: readonly CallId[] };
  readonly details: NPlusOneDetails | LostUpdateDetails;
}

export interface NPlusOneDetails {
  readonly kind: 'n-plus-one';
  /** Normalised SQL. */
  readonly statement: string;
  /** Repeats per root: the largest and the median. */
  readonly perRequest: { readonly max: number; readonly median: number };
  readonly requests: number;
  readonly order: 'sequential' | 'parallel';
  /** The query whose rows were iterated, where one preceded. */
  readonly source: { readonly statement: string; readonly rows: number | null } | null;
  /** e.g. `GET /projects/12` of the example. */
  readonly root: string;
  /** Share of the root's duration spent in the repeats, 0..1. */
  readonly share: number;
}

export interface LostUpdateAccess {
  readonly call: CallId;
  readonly function: string;
  readonly args: readonly CapturedValue[];
  readonly readAt: Nanoseconds;
  readonly read: CapturedValue;
  readonly wroteAt: Nanoseconds;
  readonly wrote: CapturedValue;
}
export interface LostUpdateDetails {
  readonly kind: 'lost-update';
  readonly path: string;
  readonly holder: ObjectId;
  readonly key: CapturedValue | null;
  /** The call whose update was lost. */
  readonly lost: LostUpdateAccess;
  /** The call that overwrote it, having read before it was written. */
  readonly by: LostUpdateAccess;
}
