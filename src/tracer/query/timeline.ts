import type { Recording } from '../store/recording.ts';
import { SpanBit, SpanKindCode } from '../store/span-table.ts';
import { timelineMarkers } from './timeline-markers.ts';
import { SpanFlag, type TimelineColumns, type TimelineTrack, type TimelineWindow } from './timeline-window.ts';

export type {
  MarkerKind,
  SpanKind,
  TimelineColumns,
  TimelineMarker,
  TimelineTrack,
  TimelineWindow,
} from './timeline-window.ts';
export { SpanFlag } from './timeline-window.ts';

export interface TimelineRequest {
  /** Nanoseconds. */
  readonly from: number;
  readonly to: number;
  /** Width of the drawing. */
  readonly pixels: number;
  /** Boxes at most; 4,000 when not given. */
  readonly maxSpans?: number;
}

// Looked up once instead of a million times: properties of imported objects cost more than the rest of the loop.
const { ended: ENDED, failed: FAILED } = SpanBit;
const { failed: FAILED_FLAG, open: OPEN_FLAG } = SpanFlag;

const MAX_SPANS = 4_000;
const MAX_COARSER = 24;

/**
 * What to draw between `from` and `to`. Spans narrower than a pixel are merged with their neighbours in the same row while
 * no gap of a pixel lies between them; when that leaves more than `maxSpans` boxes, with pixels twice as wide, and so on.
 */
export function timelineWindow(recording: Recording, request: TimelineRequest): TimelineWindow {
  const range = recording.range();
  const from = Number.isFinite(request.from) ? request.from : range.from;
  const to = Math.max(from + 1, Number.isFinite(request.to) ? request.to : range.to);
  const pixels = Math.min(100_000, Math.max(1, Math.floor(request.pixels)));
  const maxSpans = Math.max(1, Math.floor(request.maxSpans ?? MAX_SPANS));
  const { tracks, trackOf } = tracksOf(recording);
  const rows = recording.spanRows(from, to);
  inOrderOfStart(rows, recording.index.spans.start);
  const pixel = (to - from) / pixels;
  let boxes: Boxes | null = null;
  let step = 0;
  for (; boxes === null && step < MAX_COARSER; step++) {
    boxes = pack(
      recording,
      rows,
      pixel * 2 ** step,
      from,
      to,
      tracks,
      trackOf,
      step === MAX_COARSER - 1 ? maxSpans : null,
      maxSpans,
    );
  }
  const packed = boxes as Boxes;
  const names = new Names(recording);
  const spans = columns(recording, packed, trackOf, names);
  return {
    from,
    to,
    pixels,
    range: { from: range.from, to: range.to },
    tracks,
    names: names.list,
    spans,
    markers: timelineMarkers(recording, { from, to, pixels }, trackOf),
    total: rows.length,
    coarse: step > 1,
  };
}

/** Drawn boxes: per box the row of its most telling span and what was merged into it. */
interface Boxes {
  readonly row: number[];
  readonly start: number[];
  readonly end: number[];
  readonly flags: number[];
  readonly count: number[];
}

/** Null when more than `maxSpans` boxes would be needed and `cutAt` does not allow to leave the rest out. */
function pack(
  recording: Recording,
  rows: Int32Array,
  pixel: number,
  from: number,
  to: number,
  tracks: readonly TimelineTrack[],
  trackOf: ReadonlyMap<number, number>,
  cutAt: number | null,
  maxSpans: number,
): Boxes | null {
  const { target, lane, depth, start: starts, end: ends, flags: allFlags } = recording.index.spans;
  const boxes: Boxes = { row: [], start: [], end: [], flags: [], count: [] };
  // Last box of each drawing row, by track, lane and depth.
  const only = trackOf.size === 1 ? 0 : null;
  const { firstLine, lines } = linesOf(tracks);
  const last = new Int32Array(lines).fill(-1);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const track = only ?? trackOf.get(target[row] as number) ?? 0;
    const line = (firstLine[track]?.[lane[row] as number] ?? 0) + (depth[row] as number);
    const start = starts[row] as number;
    const end = ends[row] as number;
    const bits = allFlags[row] as number;
    const open = (bits & ENDED) === 0;
    const flags = ((bits & FAILED) !== 0 ? FAILED_FLAG : 0) | (open ? OPEN_FLAG : 0);
    const narrow = Math.min(end, to) - Math.max(start, from) < pixel && !open;
    const before = narrow ? (last[line] as number) : -1;
    if (before >= 0 && start - (boxes.end[before] as number) < pixel) {
      merge(recording, boxes, before, row, start, end, flags);
      continue;
    }
    if (boxes.row.length >= maxSpans) {
      if (cutAt === null) return null;
      continue;
    }
    // Wide boxes are never merged into, or a click would miss them.
    last[line] = narrow ? boxes.row.length : -1;
    boxes.row.push(row);
    boxes.start.push(start);
    boxes.end.push(end);
    boxes.flags.push(flags);
    boxes.count.push(1);
  }
  return boxes;
}

/** Numbers the drawing rows of all lanes one after another: per track and lane its first, and how many there are. */
function linesOf(tracks: readonly TimelineTrack[]): {
  readonly firstLine: readonly Int32Array[];
  readonly lines: number;
} {
  let lines = 0;
  const firstLine = tracks.map(({ laneRows }) =>
    Int32Array.from(laneRows, (rows) => {
      lines += rows;
      return lines - rows;
    }),
  );
  return { firstLine, lines: lines + 1 };
}

function merge(
  recording: Recording,
  boxes: Boxes,
  box: number,
  row: number,
  start: number,
  end: number,
  flags: number,
): void {
  const { spans } = recording.index;
  const shown = boxes.row[box] as number;
  const shownFailed = ((spans.flags[shown] as number) & FAILED) !== 0;
  const failed = (flags & FAILED_FLAG) !== 0;
  const longer = end - start > (spans.end[shown] as number) - (spans.start[shown] as number);
  if ((failed && !shownFailed) || (failed === shownFailed && longer)) boxes.row[box] = row;
  boxes.end[box] = Math.max(boxes.end[box] as number, end);
  boxes.flags[box] = (boxes.flags[box] as number) | flags;
  boxes.count[box] = (boxes.count[box] as number) + 1;
}

function columns(
  recording: Recording,
  boxes: Boxes,
  trackOf: ReadonlyMap<number, number>,
  names: Names,
): TimelineColumns {
  const { spans } = recording.index;
  const { row } = boxes;
  return {
    call: Float64Array.from(row, (r) => spans.call[r] as number),
    start: Float64Array.from(boxes.start),
    end: Float64Array.from(boxes.end, (end) => (end === Number.POSITIVE_INFINITY ? -1 : end)),
    track: Uint16Array.from(row, (r) => trackOf.get(spans.target[r] as number) ?? 0),
    lane: Uint16Array.from(row, (r) => spans.lane[r] as number),
    depth: Uint16Array.from(row, (r) => spans.depth[r] as number),
    kind: Uint8Array.from(row, (r) => (spans.kind[r] as number) - SpanKindCode.call),
    name: Uint32Array.from(row, (r) => names.of(r)),
    flags: Uint8Array.from(boxes.flags),
    count: Uint32Array.from(boxes.count),
  };
}

/** The names one window needs, each once. */
class Names {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  of(row: number): number {
    const name = this.#recording.spanName(row);
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.list.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

/** Targets known from the manifest first, in its order; then those only events speak of. */
function tracksOf(recording: Recording): { tracks: TimelineTrack[]; trackOf: Map<number, number> } {
  const { lanes, notable, events } = recording.index;
  const { targets } = recording.manifest;
  const ended = new Set<number>();
  for (const row of notable) {
    if (recording.index.isExit(row)) ended.add(events.target[row] as number);
  }
  const ids = [...new Set([...targets.map((target) => target.id as number), ...lanes.keys()])];
  const tracks = ids.map((id) => {
    const known = targets.find((target) => target.id === id);
    const title = known === undefined ? `target ${id}` : `${known.title} (pid ${known.pid})`;
    return { target: id, title, laneRows: lanes.get(id)?.laneRows() ?? [], ended: ended.has(id) };
  });
  return { tracks, trackOf: new Map(ids.map((id, i) => [id, i])) };
}

/** Rows come in order of arrival, which is almost the order of start: sorted only where it is not. */
function inOrderOfStart(rows: Int32Array, start: Float64Array): void {
  for (let i = 1; i < rows.length; i++) {
    if ((start[rows[i] as number] as number) < (start[rows[i - 1] as number] as number)) {
      rows.sort((a, b) => (start[a] as number) - (start[b] as number) || a - b);
      return;
    }
  }
}
