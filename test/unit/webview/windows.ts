import type { TimelineColumns, TimelineMarker, TimelineWindow } from '../../../src/tracer/query/timeline-window.ts';

export interface BoxDraft {
  readonly call: number;
  readonly start: number;
  readonly end: number;
  readonly track?: number;
  readonly lane?: number;
  readonly depth?: number;
  readonly kind?: number;
  readonly name?: number;
  readonly flags?: number;
  readonly count?: number;
}

/** A timeline window of the given boxes. */
export function windowOf(boxes: readonly BoxDraft[], patch: Partial<TimelineWindow> = {}): TimelineWindow {
  const column = (read: (box: BoxDraft) => number): number[] => boxes.map(read);
  const spans: TimelineColumns = {
    call: Float64Array.from(column((b) => b.call)),
    start: Float64Array.from(column((b) => b.start)),
    end: Float64Array.from(column((b) => b.end)),
    track: Uint16Array.from(column((b) => b.track ?? 0)),
    lane: Uint16Array.from(column((b) => b.lane ?? 0)),
    depth: Uint16Array.from(column((b) => b.depth ?? 0)),
    kind: Uint8Array.from(column((b) => b.kind ?? 0)),
    name: Uint32Array.from(column((b) => b.name ?? 0)),
    flags: Uint8Array.from(column((b) => b.flags ?? 0)),
    count: Uint32Array.from(column((b) => b.count ?? 1)),
  };
  return {
    from: 0,
    to: 1_000,
    pixels: 1_000,
    range: { from: 0, to: 1_000 },
    tracks: [
      { target: 1, title: 'a.js', laneRows: [3, 2], ended: false },
      { target: 2, title: 'b.js', laneRows: [1], ended: true },
    ],
    names: ['f', 'g', 'GET /'],
    spans,
    markers: [],
    total: boxes.length,
    coarse: false,
    ...patch,
  };
}

export function markerAt(from: number, kind: TimelineMarker['kind']): TimelineMarker {
  return { kind, from, to: from, track: 0, text: 'x', count: 1, seq: null, finding: null, severity: 'info' };
}
