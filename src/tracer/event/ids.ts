/** Branded identifiers and times, so that a call id cannot be passed where a probe id is meant. */

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Nanoseconds since the recording's origin (`recording.originMs`); monotonic per target. A safe integer. */
export type Nanoseconds = Branded<number, 'Nanoseconds'>;
/** A call or any other span (HTTP request, query); unique within a recording: target index * 2^40 + counter in the agent. */
export type CallId = Branded<number, 'CallId'>;
/** Probe number within a recording, from 1. */
export type ProbeId = Branded<number, 'ProbeId'>;
/** Target number within a recording, from 1. */
export type TargetId = Branded<number, 'TargetId'>;
/** Ordinal of an event within a recording, from 0, in the order of storage. */
export type EventSeq = Branded<number, 'EventSeq'>;
/** Identity of an object in a target: stable while the object lives, unique within its target. */
export type ObjectId = Branded<number, 'ObjectId'>;

const CALLS_PER_TARGET = 2 ** 40;

/** Recording-wide call id of the agent's local counter value `local` (1 ..< 2^40) in `target`. */
export function callIdOf(target: TargetId, local: number): CallId {
  return (target * CALLS_PER_TARGET + local) as CallId;
}

export const ns = (value: number): Nanoseconds => value as Nanoseconds;
