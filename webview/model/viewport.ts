/** The visible stretch of time, in nanoseconds since the recording's origin; fractions allowed, `from` < `to`. */
export interface Viewport {
  readonly from: number;
  readonly to: number;
}

/** Half a microsecond across the whole width: nothing captured is shorter. */
const MIN_SPAN = 500;
/** What an empty recording shows. */
export const DEFAULT_SPAN = 10e9;

export const spanOf = (view: Viewport): number => view.to - view.from;

/** Pixel (fraction) of time `t` when `view` is drawn `width` pixels wide; small numbers, whatever the absolute times. */
export function xOf(view: Viewport, width: number, t: number): number {
  return ((t - view.from) / (view.to - view.from)) * width;
}

export function timeAt(view: Viewport, width: number, x: number): number {
  return view.from + (x / width) * (view.to - view.from);
}

/** Keeps a viewport within reach of the recording: no wider than it (with air), and its centre inside it. */
export function clampView(view: Viewport, range: Viewport): Viewport {
  const widest = Math.max(spanOf(range) * 1.2, DEFAULT_SPAN / 10_000, MIN_SPAN);
  const span = Math.min(Math.max(spanOf(view), MIN_SPAN), widest);
  const centre = Math.min(Math.max((view.from + view.to) / 2, range.from), Math.max(range.to, range.from));
  return { from: centre - span / 2, to: centre + span / 2 };
}

/** Zooms by `factor` (< 1: in) so that time `t` keeps its place on the screen. */
export function zoomAt(view: Viewport, t: number, factor: number, range: Viewport): Viewport {
  const span = Math.max(spanOf(view) * factor, MIN_SPAN);
  const share = (t - view.from) / spanOf(view);
  return clampView({ from: t - share * span, to: t + (1 - share) * span }, range);
}

/** Moves by `share` of the visible width (positive: later). */
export function panBy(view: Viewport, share: number, range: Viewport): Viewport {
  const shift = share * spanOf(view);
  return clampView({ from: view.from + shift, to: view.to + shift }, range);
}

/** A viewport that shows `from..to` with a tenth of air on both sides. */
export function fitView(from: number, to: number, range: Viewport): Viewport {
  const air = Math.max((to - from) * 0.1, MIN_SPAN / 2);
  return clampView({ from: from - air, to: to + air }, range);
}

/** Same width, with `t` in the middle. */
export function centreOn(view: Viewport, t: number, range: Viewport): Viewport {
  const half = spanOf(view) / 2;
  return clampView({ from: t - half, to: t + half }, range);
}

/** Whether `t` can be seen, at least `margin` (share of the width) away from the edges. */
export function isVisible(view: Viewport, t: number, margin = 0): boolean {
  const air = spanOf(view) * margin;
  return t >= view.from + air && t <= view.to - air;
}
