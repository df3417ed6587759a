import type { TimelineMarker, TimelineWindow } from '../../src/tracer/query/timeline-window.ts';
import { type Box, boxAt } from '../model/boxes.ts';
import { type Layout, ROW, rowTop, TRACK_HEADER } from '../model/layout.ts';
import { visible } from '../model/text.ts';
import { formatCount, ticks } from '../model/time.ts';
import { type Viewport, xOf } from '../model/viewport.ts';
import { fitText } from './canvas.ts';
import { type Paint, paintOf, type Theme } from './theme.ts';

export const RULER = 26;

/** One frame of the timeline. Times are turned into pixels relative to the viewport before anything is drawn. */
export interface Scene {
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  /** Pixels the rows are scrolled by. */
  readonly scroll: number;
  readonly view: Viewport;
  /** What is known of the recording. */
  readonly range: Viewport;
  /** Where open spans are drawn to. */
  readonly edge: number;
  readonly window: TimelineWindow | null;
  readonly layout: Layout;
  readonly playhead: number;
  readonly live: boolean;
  readonly selected: number | null;
  /** Ancestors of the selected call. */
  readonly related: ReadonlySet<number>;
  /** Calls that prove the finding looked at. */
  readonly evidence: ReadonlySet<number>;
  readonly hovered: number;
}

type Context = CanvasRenderingContext2D;

export function drawTimeline(context: Context, scene: Scene): void {
  const { theme, width, height } = scene;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, RULER, width, height - RULER);
  context.clip();
  drawGrid(context, scene);
  if (scene.window !== null) {
    drawZones(context, scene, scene.window);
    drawBoxes(context, scene, scene.window);
    drawTrackHeaders(context, scene, scene.window);
  }
  drawUnknown(context, scene);
  context.restore();
  drawRuler(context, scene);
  drawPlayhead(context, scene);
}

function drawGrid(context: Context, { theme, width, height, view }: Scene): void {
  context.fillStyle = theme.grid;
  for (const tick of ticks(view, width)) context.fillRect(Math.round(xOf(view, width, tick.t)), RULER, 1, height);
}

/** Before the recording began and after what is known of it. */
function drawUnknown(context: Context, { theme, width, height, view, range, edge }: Scene): void {
  const from = xOf(view, width, range.from);
  const to = xOf(view, width, Math.max(edge, range.to));
  context.fillStyle = theme.beyond;
  if (from > 0) context.fillRect(0, RULER, from, height);
  if (to < width) context.fillRect(to, RULER, width - to, height);
  context.fillStyle = theme.grid;
  if (from > 0) context.fillRect(Math.round(from) - 1, RULER, 1, height);
  if (to < width) context.fillRect(Math.round(to), RULER, 1, height);
}

function drawBoxes(context: Context, scene: Scene, window: TimelineWindow): void {
  const { view, width, height, layout, scroll, edge } = scene;
  const top = RULER - scroll;
  const marked: (readonly [Box, number, number, number])[] = [];
  context.font = `11px ${scene.theme.font}`;
  context.textBaseline = 'middle';
  for (let i = 0; i < window.spans.call.length; i++) {
    const box = boxAt(window, i, edge);
    if (box.start > view.to || box.end < view.from) continue;
    const row = rowTop(layout, box.track, box.lane, box.depth);
    const y = top + row;
    if (row < 0 || y > height || y + ROW < RULER) continue;
    const x0 = Math.max(xOf(view, width, box.start), -4);
    const x1 = Math.min(xOf(view, width, box.end), width + 4);
    drawBox(context, scene, box, x0, y, Math.max(x1 - x0, 1.5));
    const special = box.call === scene.selected || scene.related.has(box.call) || scene.evidence.has(box.call);
    if (special || i === scene.hovered) marked.push([box, x0, y, Math.max(x1 - x0, 3)]);
  }
  for (const [box, x, y, w] of marked) outline(context, scene, box, x, y, w);
}

function drawBox(context: Context, { theme }: Scene, box: Box, x: number, y: number, w: number): void {
  // Among many, one failure is a mark and not the colour of all.
  const single = box.count <= 1;
  const paint = paintOf(theme, { ...box, failed: box.failed && single });
  const h = ROW - 2;
  context.fillStyle = w < 4 ? paint.thin : paint.fill;
  context.fillRect(x, y + 1, w, h);
  if (theme.highContrast && w >= 4) {
    context.strokeStyle = paint.edge;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 1.5, w - 1, h - 1);
  } else if (w >= 4) {
    context.fillStyle = paint.edge;
    context.fillRect(x, y + 1, 2, h);
  }
  if (!single && w >= 6) hatch(context, paint, x + 2, y + 1, w - 2, h);
  if (box.open && w >= 8) fade(context, theme, x, y + 1, w, h);
  if (box.failed && !single) {
    context.fillStyle = theme.error;
    context.fillRect(x, y + ROW - 4, w, 3);
  }
  if (box.failed && single && w >= 7) cross(context, paint, x + w - 7, y + 5);
  if (w > 26) {
    const label = single ? visible(box.name) : `${formatCount(box.count)}×  ${visible(box.name)} …`;
    const room = w - 9 - (box.failed && single ? 9 : 0);
    // The text of a box that begins left of the view starts at the view's edge.
    const at = Math.max(x, 0) + 6;
    const text = fitText(context, label, room - (at - x - 6));
    context.fillStyle = paint.text;
    if (text !== '') context.fillText(text, at, y + ROW / 2 + 0.5);
  }
}

/** Merged boxes are striped, so that nobody takes them for one call. */
function hatch(context: Context, paint: Paint, x: number, y: number, w: number, h: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.globalAlpha = 0.28;
  context.strokeStyle = paint.edge;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - h; at < x + w; at += 5) {
    context.moveTo(at, y + h);
    context.lineTo(at + h, y);
  }
  context.stroke();
  context.restore();
}

/** Calls that have not ended fade out at the right. */
function fade(context: Context, theme: Theme, x: number, y: number, w: number, h: number): void {
  const room = Math.min(w, 24);
  const gradient = context.createLinearGradient(x + w - room, 0, x + w, 0);
  gradient.addColorStop(0, 'rgba(0, 0, 0, 0)');
  gradient.addColorStop(1, theme.background);
  context.fillStyle = gradient;
  context.fillRect(x + w - room, y, room, h);
}

function cross(context: Context, paint: Paint, x: number, y: number): void {
  context.strokeStyle = paint.text;
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(x - 2, y + 1);
  context.lineTo(x + 4, y + 7);
  context.moveTo(x + 4, y + 1);
  context.lineTo(x - 2, y + 7);
  context.stroke();
}

function outline(context: Context, scene: Scene, box: Box, x: number, y: number, w: number): void {
  const { theme } = scene;
  const selected = box.call === scene.selected;
  const evidence = scene.evidence.has(box.call);
  context.strokeStyle = selected ? theme.foreground : evidence ? theme.warning : theme.muted;
  context.lineWidth = selected || evidence ? 2 : 1;
  context.setLineDash(evidence && !selected ? [4, 2] : []);
  context.strokeRect(x - 0.5, y + 0.5, w + 1, ROW - 1);
  if (selected && evidence) {
    context.strokeStyle = theme.warning;
    context.lineWidth = 1;
    context.setLineDash([4, 2]);
    context.strokeRect(x - 2.5, y - 1.5, w + 5, ROW + 3);
  }
  context.setLineDash([]);
}

function drawTrackHeaders(context: Context, scene: Scene, window: TimelineWindow): void {
  const { theme, width, height, layout, scroll } = scene;
  context.textBaseline = 'middle';
  window.tracks.forEach((track, i) => {
    const place = layout.tracks[i];
    if (place === undefined) return;
    const y = RULER + place.top - scroll;
    if (y > height || y + TRACK_HEADER < RULER) return;
    context.fillStyle = theme.header;
    context.fillRect(0, y, width, TRACK_HEADER - 2);
    context.fillStyle = theme.foreground;
    context.font = `600 11px ${theme.font}`;
    const title = visible(track.title) + (track.ended ? '  (ended)' : '');
    context.fillText(fitText(context, title, width - 16), 8, y + TRACK_HEADER / 2 - 1);
    drawTrackMarkers(context, scene, window.markers, i, y);
  });
}

/** State changes as ticks, exits as a bar, in the header of their process. */
function drawTrackMarkers(
  context: Context,
  { theme, view, width }: Scene,
  markers: readonly TimelineMarker[],
  track: number,
  y: number,
): void {
  for (const marker of markers) {
    if (marker.track !== track || marker.to < view.from || marker.from > view.to) continue;
    const x = Math.round(xOf(view, width, marker.from));
    if (marker.kind === 'state') {
      context.fillStyle = theme.info;
      context.beginPath();
      context.arc(x + 0.5, y + TRACK_HEADER - 6, 2.2, 0, 7);
      context.fill();
    } else if (marker.kind === 'exit') {
      context.fillStyle = marker.severity === 'error' ? theme.error : theme.muted;
      context.fillRect(x - 1, y, 3, TRACK_HEADER - 2);
    }
  }
}

/** Stretches in which events were lost or a probe was throttled: what is missing there did happen. */
function drawZones(
  context: Context,
  { theme, view, width, height, layout, scroll }: Scene,
  window: TimelineWindow,
): void {
  for (const marker of window.markers) {
    if ((marker.kind !== 'drop' && marker.kind !== 'throttle') || marker.to < view.from || marker.from > view.to)
      continue;
    const place = layout.tracks[marker.track];
    const y0 = place === undefined ? RULER : RULER + place.top - scroll;
    const y1 = place === undefined ? height : RULER + place.bottom - scroll;
    const x0 = xOf(view, width, marker.from);
    const w = Math.max(xOf(view, width, marker.to) - x0, 3);
    const colour = marker.kind === 'drop' ? theme.error : theme.warning;
    context.save();
    context.globalAlpha = 0.14;
    context.fillStyle = colour;
    context.fillRect(x0, y0, w, y1 - y0);
    context.restore();
    hatch(context, { fill: colour, edge: colour, thin: colour, text: colour }, x0, y0, w, y1 - y0);
  }
}

/** Size of a finding's mark in the ruler. */
const MARK = 5;

function drawRuler(context: Context, scene: Scene): void {
  const { theme, width, view, window } = scene;
  context.fillStyle = theme.ruler;
  context.fillRect(0, 0, width, RULER);
  context.fillStyle = theme.grid;
  context.fillRect(0, RULER - 1, width, 1);
  context.font = `10px ${theme.font}`;
  context.textBaseline = 'alphabetic';
  for (const tick of ticks(view, width)) {
    const x = Math.round(xOf(view, width, tick.t));
    context.fillStyle = theme.muted;
    context.fillRect(x, RULER - 6, 1, 5);
    context.fillText(tick.label, x + 4, RULER - 5);
  }
  for (const marker of window?.markers ?? []) {
    if (marker.kind !== 'finding') continue;
    const x = xOf(view, width, marker.from);
    if (x < -MARK || x > width + MARK) continue;
    const colour =
      marker.severity === 'error' ? theme.error : marker.severity === 'warning' ? theme.warning : theme.info;
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x - MARK, 2);
    context.lineTo(x + MARK, 2);
    context.lineTo(x, 2 + MARK * 1.6);
    context.fill();
    context.save();
    context.globalAlpha = 0.4;
    context.fillRect(Math.round(x), 2 + MARK, 1, scene.height);
    context.restore();
  }
}

function drawPlayhead(context: Context, { theme, view, width, height, playhead, live }: Scene): void {
  const x = xOf(view, width, playhead);
  if (x < -8 || x > width + 8) return;
  context.fillStyle = live ? theme.error : theme.playhead;
  context.fillRect(Math.round(x) - (live ? 0 : 0.5), 6, live ? 1 : 1.5, height);
  context.beginPath();
  context.moveTo(x - 6, 0);
  context.lineTo(x + 6, 0);
  context.lineTo(x + 6, 7);
  context.lineTo(x, 13);
  context.lineTo(x - 6, 7);
  context.fill();
}
