import type { Nanoseconds } from '../tracer/event/ids.ts';
import type { Recording } from '../tracer/store/recording.ts';
import type { Span } from '../tracer/store/span.ts';

export type StepKind = 'over' | 'in' | 'out';

/** Spans of one request that a step looks at. */
const MAX_SPANS = 50_000;
/** How far (ns) the next request is looked for at a time, and how often the stretch is doubled. */
const STRETCH = 1_000_000_000;
const DOUBLINGS = 20;

/**
 * The moment a step forward leads to: the next start or end of a call below `root` after `t`. Over: not of calls deeper than
 * `depth` (0 is the root itself); out: nor of calls beside it. When the request has no more, the start of the next one in
 * the same target; null at the end of the recording.
 */
export function nextMoment(
  recording: Recording,
  root: Span | null,
  depth: number,
  t: Nanoseconds,
  kind: StepKind,
  current: number | null,
): Nanoseconds | null {
  const within =
    root === null
      ? null
      : nextEdge(recording, root, kind === 'in' ? Number.POSITIVE_INFINITY : depth, t, kind, current);
  return within ?? nextRoot(recording, root?.target ?? null, t);
}

function nextEdge(
  recording: Recording,
  root: Span,
  deepest: number,
  t: number,
  kind: StepKind,
  current: number | null,
): Nanoseconds | null {
  let best: Nanoseconds | null = null;
  const take = (at: Nanoseconds | null): void => {
    if (at !== null && at > t && (best === null || at < best)) best = at;
  };
  const open: [Span, number][] = [[root, 0]];
  for (let seen = 0; open.length > 0 && seen < MAX_SPANS; seen++) {
    const [span, depth] = open.pop() as [Span, number];
    const beside = kind === 'out' && depth === deepest && span.call !== current;
    if (!beside) {
      if (kind !== 'out' || depth < deepest) take(span.start);
      take(span.end);
    }
    // A child may outlive its parent (nobody awaited it), so only its depth says whether it counts.
    if (depth < deepest) for (const child of recording.children(span.call)) open.push([child, depth + 1]);
  }
  return best;
}

function nextRoot(recording: Recording, target: number | null, t: number): Nanoseconds | null {
  const { to } = recording.range();
  let from = t + 1;
  for (let i = 0, stretch = STRETCH; i < DOUBLINGS && from <= to; i++, stretch *= 2) {
    const found = recording
      .roots(from, from + stretch)
      .find((span) => span.start > t && (target === null || span.target === target));
    if (found !== undefined) return found.start;
    from += stretch;
  }
  return null;
}
