/**
 * What a drawing of the timeline needs for one window of time, and no more: columns instead of objects, because they
 * cross a process border as copied buffers, and at most `maxSpans` rows, however long the recording.
 */

/** Kind of a span in `TimelineColumns.kind`: its index here. */
export const SPAN_KINDS = ['call', 'http', 'db'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

/** Bits of `TimelineColumns.flags`. A merged box has a flag when any of its spans has it. */
export const SpanFlag = { failed: 1, open: 2 } as const;

/** One entry per drawn box, ordered by start. All columns have the same length. */
export interface TimelineColumns {
  /** Call id of the span; of a merged box, its most telling span (a failed one first, then the longest). */
  readonly call: Float64Array;
  /** Nanoseconds since the recording's origin. */
  readonly start: Float64Array;
  /** Nanoseconds; -1 while the span is open (draw it to the right edge of what is known). Of a merged box: the latest end. */
  readonly end: Float64Array;
  /** Index into `TimelineWindow.tracks`. */
  readonly track: Uint16Array;
  /** Lane within the track: spans of one root share a lane, overlapping roots never do. Never changes for a root. */
  readonly lane: Uint16Array;
  /** Row within the lane, 0 at the top: below its parent's row, and never shared by overlapping spans. Never changes. */
  readonly depth: Uint16Array;
  /** Index into SPAN_KINDS. */
  readonly kind: Uint8Array;
  /** Index into `TimelineWindow.names`. */
  readonly name: Uint32Array;
  /** SpanFlag bits. */
  readonly flags: Uint8Array;
  /** Number of spans in the box: 1, or more when spans narrower than a pixel were merged. */
  readonly count: Uint32Array;
}

/** One target (process or worker), a header with its lanes below. The same in every window of a recording, but for growth. */
export interface TimelineTrack {
  readonly target: number;
  /** e.g. `server.js (pid 4711)`. */
  readonly title: string;
  /** Rows each lane needs over the whole recording; row of a box = sum of the lanes above + `depth`. */
  readonly laneRows: readonly number[];
  readonly ended: boolean;
}

export type MarkerKind = 'finding' | 'drop' | 'throttle' | 'state' | 'exit';

/** A moment or a stretch of time worth seeing. */
export interface TimelineMarker {
  readonly kind: MarkerKind;
  readonly from: number;
  /** Equal to `from` for a moment. */
  readonly to: number;
  /** Index into `tracks`; -1 when it concerns the whole recording. */
  readonly track: number;
  /** One line for people. */
  readonly text: string;
  /** Number of occurrences merged into this marker (events lost, for `drop`). */
  readonly count: number;
  /** First event it stands for, where there is one. */
  readonly seq: number | null;
  /** `Finding.id`, for findings. */
  readonly finding: string | null;
  readonly severity: 'info' | 'warning' | 'error';
}

export interface TimelineWindow {
  /** What was asked for; nanoseconds. */
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
  /** The whole recording's range; nanoseconds. */
  readonly range: { readonly from: number; readonly to: number };
  readonly tracks: readonly TimelineTrack[];
  readonly names: readonly string[];
  readonly spans: TimelineColumns;
  readonly markers: readonly TimelineMarker[];
  /** Spans that touch the window, before merging. */
  readonly total: number;
  /** Whether more was merged than the pixels called for, or left out, to stay within `maxSpans`. */
  readonly coarse: boolean;
}
