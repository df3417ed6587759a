import type { SpanFlag, SpanKind, TimelineColumns, TimelineWindow } from '../../src/tracer/query/timeline-window.ts';
import { type Layout, ROW, rowTop } from './layout.ts';
import { type Viewport, xOf } from './viewport.ts';

/** The tracer's constants, repeated: only its types cross into the webview. */
const FAILED: (typeof SpanFlag)['failed'] = 1;
const OPEN: (typeof SpanFlag)['open'] = 2;
const KINDS: readonly SpanKind[] = ['call', 'http', 'db'] satisfies readonly SpanKind[];

/** One drawn box, read out of the columns. */
export interface Box {
  readonly index: number;
  readonly call: number;
  readonly start: number;
  /** Where it is drawn to; the known edge of the recording while the span is open. */
  readonly end: number;
  readonly track: number;
  readonly lane: number;
  readonly depth: number;
  readonly kind: SpanKind;
  readonly name: string;
  readonly failed: boolean;
  readonly open: boolean;
  readonly count: number;
}

const at = (column: { readonly [index: number]: number }, i: number): number => column[i] ?? 0;

/** End of box `i`, with open spans reaching to `edge`. */
export function endOf(spans: TimelineColumns, i: number, edge: number): number {
  const end = at(spans.end, i);
  return end < 0 ? Math.max(edge, at(spans.start, i)) : end;
}

export function boxAt(window: TimelineWindow, i: number, edge: number): Box {
  const { spans, names } = window;
  const flags = at(spans.flags, i);
  return {
    index: i,
    call: at(spans.call, i),
    start: at(spans.start, i),
    end: endOf(spans, i, edge),
    track: at(spans.track, i),
    lane: at(spans.lane, i),
    depth: at(spans.depth, i),
    kind: KINDS[at(spans.kind, i)] ?? 'call',
    name: names[at(spans.name, i)] ?? '?',
    failed: (flags & FAILED) !== 0,
    open: (flags & OPEN) !== 0,
    count: at(spans.count, i),
  };
}

export type Filter = 'all' | 'http' | 'call' | 'db' | 'failed';

/** Boxes that touch the viewport as a list: by track and root, each root's calls below it in order of start. */
export function boxesIn(window: TimelineWindow, view: Viewport, edge: number, filter: Filter = 'all'): Box[] {
  const found: Box[] = [];
  for (let i = 0; i < window.spans.call.length; i++) {
    if (at(window.spans.start, i) > view.to || endOf(window.spans, i, edge) < view.from) continue;
    found.push(boxAt(window, i, edge));
  }
  found.sort((a, b) => a.track - b.track || a.lane - b.lane || a.start - b.start || a.depth - b.depth);
  // Spans of one root share a lane and roots never overlap there: the last top box before a box is its root's.
  const roots = new Map<Box, number>();
  let root: Box | null = null;
  for (const box of found) {
    if (box.depth === 0 || root === null || root.track !== box.track || root.lane !== box.lane) root = box;
    roots.set(box, root.start);
  }
  const rootOf = (box: Box): number => roots.get(box) ?? box.start;
  return found
    .filter((box) => filter === 'all' || (filter === 'failed' ? box.failed : box.kind === filter))
    .sort(
      (a, b) => a.track - b.track || rootOf(a) - rootOf(b) || a.lane - b.lane || a.start - b.start || a.depth - b.depth,
    );
}

/** Index of the box under a point (`y` from the top of the scrolled content), or -1; narrow boxes can be hit 2 px around. */
export function hitBox(
  window: TimelineWindow,
  layout: Layout,
  view: Viewport,
  width: number,
  edge: number,
  x: number,
  y: number,
): number {
  let best = -1;
  let distance = 3;
  for (let i = 0; i < window.spans.call.length; i++) {
    const x0 = xOf(view, width, at(window.spans.start, i));
    if (x0 > x + 3) continue;
    const x1 = xOf(view, width, endOf(window.spans, i, edge));
    if (x1 < x - 3) continue;
    const top = rowTop(layout, at(window.spans.track, i), at(window.spans.lane, i), at(window.spans.depth, i));
    if (top < 0 || y < top || y >= top + ROW) continue;
    const away = x < x0 ? x0 - x : x > x1 ? x - x1 : 0;
    if (away < distance || (away === distance && away === 0)) {
      best = i;
      distance = away;
    }
  }
  return best;
}

/** Index of the box that stands for `call`, or -1. */
export function indexOfCall(window: TimelineWindow, call: number): number {
  return window.spans.call.indexOf(call);
}

/** Spans per column over the window, and those of them that failed: what the overview draws. */
export function density(
  window: TimelineWindow,
  columns: number,
  edge: number,
): { all: Float64Array; failed: Float64Array } {
  const all = new Float64Array(columns);
  const failed = new Float64Array(columns);
  const span = Math.max(window.to - window.from, 1);
  const column = (t: number): number => Math.floor(((t - window.from) / span) * columns);
  for (let i = 0; i < window.spans.call.length; i++) {
    const first = Math.max(column(at(window.spans.start, i)), 0);
    const last = Math.min(column(endOf(window.spans, i, edge)), columns - 1);
    const share = Math.max(at(window.spans.count, i) / Math.max(last - first + 1, 1), 1);
    for (let c = first; c <= last; c++) all[c] = (all[c] ?? 0) + share;
    if ((at(window.spans.flags, i) & FAILED) !== 0 && first < columns) failed[first] = (failed[first] ?? 0) + 1;
  }
  return { all, failed };
}
