import type { Recording } from '../../tracer/store/recording.ts';
import type { Span } from '../../tracer/store/span.ts';

export interface Found {
  readonly span: Span | null;
  /** Place among the matches, from 0; -1 when they were not counted. */
  readonly index: number;
  readonly total: number;
}

interface Start {
  readonly call: number | null;
  readonly t: number;
  readonly direction: 1 | -1;
}

/** Events that one search looks at after matching: more matches than anybody steps through. */
const MAX_MATCHES = 20_000;
/** How far (ns) a neighbour is looked for at a time; doubled until found. */
const STRETCH = 10_000_000;
const NOWHERE: Found = { span: null, index: -1, total: 0 };

/** Order of start, ties in order of arrival. */
function before(a: Span, b: Span): number {
  return a.start - b.start || a.startSeq - b.startSeq;
}

/** The next or previous span that holds `text`, around the end of the recording. */
export function searchSpan(recording: Recording, text: string, { call, t, direction }: Start): Found {
  const calls = new Set<number>();
  for (const event of recording.events({ text, limit: MAX_MATCHES })) {
    if ('call' in event && event.call !== null) calls.add(event.call);
  }
  const spans = [...calls].flatMap((id) => recording.span(id) ?? []).sort(before);
  const total = spans.length;
  if (total === 0) return NOWHERE;
  const from = call === null ? null : recording.span(call);
  const isAfter = (span: Span): boolean => (from === null ? span.start > t : before(span, from) > 0);
  const isBefore = (span: Span): boolean => (from === null ? span.start < t : before(span, from) < 0);
  const index = direction === 1 ? spans.findIndex(isAfter) : spans.findLastIndex(isBefore);
  const at = index >= 0 ? index : direction === 1 ? 0 : total - 1;
  return { span: spans[at] as Span, index: at, total };
}

/** The next or previous span in order of start, of the same target as `call`; not around the end. */
export function stepSpan(recording: Recording, { call, t, direction }: Start): Found {
  const from = call === null ? null : recording.span(call);
  const at = from?.start ?? t;
  const range = recording.range();
  for (let stretch = STRETCH; ; stretch *= 2) {
    const low = direction === 1 ? at : at - stretch;
    const high = direction === 1 ? at + stretch : at;
    const best = nearest(recording, from, at, direction, low, high);
    if (best !== null) return { span: best, index: -1, total: 0 };
    if (direction === 1 ? high > range.to : low < range.from) return NOWHERE;
  }
}

function nearest(
  recording: Recording,
  from: Span | null,
  at: number,
  direction: 1 | -1,
  low: number,
  high: number,
): Span | null {
  const { start, target } = recording.index.spans;
  let best: Span | null = null;
  for (const row of recording.spanRows(low, high)) {
    const begins = start[row] as number;
    if (begins < low || begins > high || (from !== null && target[row] !== from.target)) continue;
    if (from === null ? begins === at : false) continue;
    const span = recording.spanAt(row);
    if (span === null || (from !== null && before(span, from) * direction <= 0)) continue;
    if (best === null || before(span, best) * direction < 0) best = span;
  }
  return best;
}
