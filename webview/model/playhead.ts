import type { TimelineWindow } from '../../src/tracer/query/timeline-window.ts';
import { endOf, indexOfCall } from './boxes.ts';
import { type Viewport, xOf } from './viewport.ts';

/** How near (pixels) the playhead must come to an edge to jump onto it. */
const REACH = 7;

/**
 * Where the playhead lands when it is dropped at `t`: on the start or end of the selected call when one is within reach, else on the
 * nearest state, finding or exit marker within reach, else at `t`. Never outside the recording.
 */
export function snap(
  t: number,
  view: Viewport,
  width: number,
  window: TimelineWindow | null,
  selected: number | null,
): number {
  const known = window === null ? [] : edges(window, selected);
  const x = xOf(view, width, t);
  let best = t;
  let distance = REACH;
  for (const candidate of known) {
    const away = Math.abs(xOf(view, width, candidate) - x);
    if (away < distance) {
      best = candidate;
      distance = away;
    }
  }
  const range = window?.range;
  return range === undefined ? best : Math.min(Math.max(best, range.from), Math.max(range.to, range.from));
}

function edges(window: TimelineWindow, selected: number | null): number[] {
  const found: number[] = [];
  const i = selected === null ? -1 : indexOfCall(window, selected);
  if (i >= 0) found.push(window.spans.start[i] ?? 0, endOf(window.spans, i, window.range.to));
  for (const marker of window.markers) {
    if (marker.kind === 'state' || marker.kind === 'finding' || marker.kind === 'exit') found.push(marker.from);
  }
  return found;
}
