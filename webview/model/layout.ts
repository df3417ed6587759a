import type { TimelineTrack } from '../../src/tracer/query/timeline-window.ts';

/** Pixel sizes of the timeline. */
export const ROW = 18;
export const TRACK_HEADER = 22;
const LANE_GAP = 4;
const TRACK_GAP = 6;

/** Vertical places of tracks and lanes, in pixels from the top of the scrolled content. */
export interface Layout {
  readonly height: number;
  readonly tracks: readonly TrackLayout[];
}

interface TrackLayout {
  readonly top: number;
  readonly bottom: number;
  /** Top of each lane. */
  readonly lanes: readonly number[];
}

/** Stacks tracks and, within them, lanes. Depends on nothing that changes while panning, so rows never jump. */
export function layoutOf(tracks: readonly TimelineTrack[]): Layout {
  let y = 0;
  const placed: TrackLayout[] = [];
  for (const track of tracks) {
    const top = y;
    y += TRACK_HEADER;
    const lanes: number[] = [];
    for (const rows of track.laneRows) {
      lanes.push(y);
      y += rows * ROW + LANE_GAP;
    }
    placed.push({ top, bottom: y, lanes });
    y += TRACK_GAP;
  }
  return { height: y, tracks: placed };
}

/** Top of a box's row, or -1 when the window names a place that does not exist. */
export function rowTop(layout: Layout, track: number, lane: number, depth: number): number {
  const top = layout.tracks[track]?.lanes[lane];
  return top === undefined ? -1 : top + depth * ROW;
}
