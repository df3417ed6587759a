import type { CallId, Nanoseconds } from '../tracer/event/ids.ts';
import type { Recording } from '../tracer/store/recording.ts';
import type { Span } from '../tracer/store/span.ts';

/** A recording may be hostile: no chain of calls is followed further down. */
const MAX_DEPTH = 500;
/** Roots in flight that are told apart as threads. */
const MAX_ROOTS = 100;

/** Whether the span was under way at `t`, both ends included: at the moment of its end a call can still be looked at. */
function isUnderWay(span: Span, t: number): boolean {
  return span.start <= t && (span.end === null || span.end >= t);
}

/** Root spans under way at `t`, in order of start; the latest ones where there are very many. */
export function rootsUnderWay(recording: Recording, t: Nanoseconds): Span[] {
  return recording
    .roots(t, t)
    .filter((span) => isUnderWay(span, t))
    .slice(-MAX_ROOTS);
}

/**
 * The calls under way at `t` below `root`, outermost first. Where siblings overlap (Promise.all), the branch that holds
 * `preferred` is followed, else the one that started last.
 */
export function chainAt(recording: Recording, root: Span, t: Nanoseconds, preferred: number | null = null): Span[] {
  const wanted = preferred === null ? new Set<number>() : ancestorsOf(recording, preferred);
  const chain = [root];
  for (let span = root; chain.length < MAX_DEPTH; ) {
    const open = recording.children(span.call).filter((child) => isUnderWay(child, t));
    const next = open.find((child) => wanted.has(child.call)) ?? open.at(-1);
    if (next === undefined) break;
    chain.push(next);
    span = next;
  }
  return chain;
}

/** Events looked at, from the latest backwards, for one that has a place in the code. */
const MAX_BACK = 1_000;

/** The latest moment at which a call with a place in the code was under way, with that call; null when there is none nearby. */
export function lastInCode(recording: Recording): { readonly t: Nanoseconds; readonly call: CallId } | null {
  const { eventCount } = recording;
  for (let row = eventCount - 1; row >= Math.max(0, eventCount - MAX_BACK); row--) {
    const event = recording.eventAt(row);
    if (event === null || !('call' in event) || event.call === null) continue;
    const span = recording.span(event.call);
    if (span?.location != null && isUnderWay(span, event.t)) return { t: event.t, call: event.call };
  }
  return null;
}

/** The call and everything above it. */
export function ancestorsOf(recording: Recording, call: number): Set<number> {
  const found = new Set<number>();
  for (let span = recording.span(call); span !== null && found.size < MAX_DEPTH; ) {
    if (found.has(span.call)) break;
    found.add(span.call);
    span = span.parent === null ? null : recording.span(span.parent);
  }
  return found;
}

/** From the root down to the direct parent. */
export function parentsOf(recording: Recording, span: Span): Span[] {
  const parents: Span[] = [];
  const seen = new Set<number>([span.call]);
  for (let at = span.parent; at !== null && !seen.has(at) && parents.length < MAX_DEPTH; ) {
    seen.add(at);
    const parent = recording.span(at);
    if (parent === null) break;
    parents.unshift(parent);
    at = parent.parent;
  }
  return parents;
}
