import type { TimelineMarker } from '../../src/tracer/query/timeline-window.ts';
import type { AppState } from '../model/app-state.ts';
import { boxAt, hitBox } from '../model/boxes.ts';
import type { Controller } from '../model/controller.ts';
import { evidenceOf } from '../model/evidence.ts';
import { type Layout, layoutOf, ROW, TRACK_HEADER } from '../model/layout.ts';
import { panBy, timeAt, type Viewport, xOf } from '../model/viewport.ts';
import { Surface } from './canvas.ts';
import { el } from './dom.ts';
import { drawTimeline, RULER } from './draw-timeline.ts';
import type { Theme } from './theme.ts';
import { boxTip, markerTip, type Tooltip } from './tooltip.ts';

const EMPTY: Layout = { height: 0, tracks: [] };
/** Pixels a press may wander and still be a click. */
const STILL = 4;

interface Drag {
  readonly kind: 'pan' | 'playhead';
  readonly x: number;
  readonly y: number;
  readonly view: Viewport;
  readonly scroll: number;
  moved: boolean;
}

/** The timeline canvas inside a native scroller: pointer in, pixels out. Keys are the page's. */
export class Timeline {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #surface: Surface;
  readonly #cinema: Controller;
  readonly #tooltip: Tooltip;
  #layout = EMPTY;
  #layoutOf: unknown = null;
  #hovered = -1;
  #drag: Drag | null = null;

  constructor(cinema: Controller, tooltip: Tooltip, overlay: HTMLElement) {
    this.#cinema = cinema;
    this.#tooltip = tooltip;
    this.canvas = el('canvas', {
      class: 'timeline-canvas',
      attributes: {
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'timeline',
        'aria-label': 'Timeline. Press question mark for the keys; the Calls tab lists the same calls.',
      },
    });
    this.#surface = new Surface(this.canvas);
    this.#spacer = el('div', { class: 'timeline-spacer' });
    this.#scroller = el('div', { class: 'timeline-scroller' }, [this.canvas, this.#spacer]);
    this.element = el('div', { class: 'timeline' }, [this.#scroller, overlay]);
    this.#listen();
  }

  get width(): number {
    return Math.max(this.#scroller.clientWidth, 50);
  }

  render(state: AppState, theme: Theme): void {
    this.#arrange(state);
    const { width } = this;
    const height = Math.max(this.#scroller.clientHeight, 40);
    const finding = state.findings.find((candidate) => candidate.id === state.finding);
    const context = this.#surface.begin(width, height);
    drawTimeline(context, {
      theme,
      width,
      height,
      scroll: this.#scroller.scrollTop,
      view: state.view,
      range: state.range,
      edge: this.#cinema.edge(),
      window: state.window,
      layout: this.#layout,
      playhead: state.playhead,
      live: state.mode === 'live',
      selected: state.selected,
      related: new Set(state.detail?.parents.map((span) => span.call)),
      evidence: new Set(finding === undefined ? [] : [...finding.evidence.calls, ...callsOf(finding)]),
      hovered: this.#hovered,
    });
  }

  /** Scrolls so that the selected call's row shows. */
  reveal(call: number): void {
    const { window } = this.#cinema.state;
    const i = window?.spans.call.indexOf(call) ?? -1;
    if (window === null || i < 0) return;
    const box = boxAt(window, i, 0);
    const lane = this.#layout.tracks[box.track]?.lanes[box.lane];
    if (lane === undefined) return;
    const room = this.#scroller.clientHeight - RULER;
    const top = lane + box.depth * ROW;
    if (top < this.#scroller.scrollTop + 4) this.#scroller.scrollTop = Math.max(top - 30, 0);
    else if (top + 30 > this.#scroller.scrollTop + room) this.#scroller.scrollTop = top + 60 - room;
  }

  #arrange(state: AppState): void {
    const tracks = state.window?.tracks ?? null;
    if (tracks === this.#layoutOf) return;
    this.#layoutOf = tracks;
    this.#layout = tracks === null ? EMPTY : layoutOf(tracks);
    const height = Math.max(this.#layout.height + RULER - this.#scroller.clientHeight, 0);
    this.#spacer.style.height = `${height}px`;
  }

  #listen(): void {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#release(event));
    canvas.addEventListener('pointercancel', () => this.#end());
    canvas.addEventListener('pointerleave', () => this.#leave());
    canvas.addEventListener('dblclick', (event) => this.#double(event));
    this.#scroller.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#scroller.addEventListener('scroll', () => this.#cinema.redraw());
    new ResizeObserver(() => {
      this.#layoutOf = null;
      this.#cinema.redraw();
    }).observe(this.#scroller);
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { state } = this.#cinema;
    const onHead = Math.abs(event.offsetX - xOf(state.view, this.width, state.playhead)) < 7 && event.offsetY < RULER;
    const kind = onHead || (event.offsetY < RULER && this.#markerAt(event) === null) ? 'playhead' : 'pan';
    this.#drag = {
      kind,
      x: event.offsetX,
      y: event.offsetY,
      view: state.view,
      scroll: this.#scroller.scrollTop,
      moved: false,
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.#tooltip.hide();
    if (kind === 'playhead') this.#cinema.movePlayhead(timeAt(state.view, this.width, event.offsetX), {});
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === null) {
      this.#hover(event);
      return;
    }
    if (Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) > STILL) drag.moved = true;
    const { state } = this.#cinema;
    if (drag.kind === 'playhead') {
      this.#cinema.movePlayhead(timeAt(state.view, this.width, event.offsetX), {});
    } else if (drag.moved) {
      this.canvas.classList.add('dragging');
      this.#cinema.setView(panBy(drag.view, (drag.x - event.offsetX) / this.width, state.range));
      this.#scroller.scrollTop = drag.scroll + drag.y - event.offsetY;
    }
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag;
    this.#end();
    if (drag === null) return;
    const { state } = this.#cinema;
    if (drag.kind === 'playhead') {
      this.#cinema.movePlayhead(timeAt(state.view, this.width, event.offsetX), { drop: true });
    } else if (!drag.moved) {
      this.#click(event);
    }
  }

  #end(): void {
    this.#drag = null;
    this.canvas.classList.remove('dragging');
  }

  #click(event: PointerEvent): void {
    const { state } = this.#cinema;
    const marker = this.#markerAt(event);
    if (marker?.finding != null) {
      this.#cinema.showFinding(marker.finding);
      return;
    }
    const i = this.#boxUnder(event);
    if (i >= 0 && state.window !== null) {
      const box = boxAt(state.window, i, this.#cinema.edge());
      this.#cinema.pickCall(box.call, box.start);
    } else {
      this.#cinema.movePlayhead(timeAt(state.view, this.width, event.offsetX), { drop: true });
    }
  }

  /** A double click fills the view with the call. */
  #double(event: MouseEvent): void {
    const i = this.#boxUnder(event);
    const { window } = this.#cinema.state;
    if (i < 0 || window === null) return;
    const box = boxAt(window, i, this.#cinema.edge());
    const air = (box.end - box.start) * 0.15;
    this.#cinema.setView({ from: box.start - air, to: box.end + air });
  }

  #wheel(event: WheelEvent): void {
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const t = timeAt(this.#cinema.state.view, this.width, event.offsetX);
      this.#cinema.zoom(Math.exp(Math.max(Math.min(event.deltaY * scale, 300), -300) * 0.0025), t);
      return;
    }
    const overflows = this.#scroller.scrollHeight > this.#scroller.clientHeight + 1;
    const sideways = event.deltaX !== 0 ? event.deltaX : event.shiftKey || !overflows ? event.deltaY : 0;
    if (sideways === 0) return;
    event.preventDefault();
    this.#cinema.pan((sideways * scale) / this.width);
  }

  #boxUnder(event: MouseEvent): number {
    const { state } = this.#cinema;
    if (state.window === null || event.offsetY < RULER) return -1;
    const y = event.offsetY - RULER + this.#scroller.scrollTop;
    return hitBox(state.window, this.#layout, state.view, this.width, this.#cinema.edge(), event.offsetX, y);
  }

  #markerAt(event: MouseEvent): TimelineMarker | null {
    const { state } = this.#cinema;
    const y = event.offsetY - RULER + this.#scroller.scrollTop;
    for (const marker of state.window?.markers ?? []) {
      const from = xOf(state.view, this.width, marker.from) - 6;
      const to = xOf(state.view, this.width, marker.to) + 6;
      if (event.offsetX < from || event.offsetX > to) continue;
      if (marker.kind === 'finding') {
        if (event.offsetY < 13 && event.offsetX < from + 12) return marker;
      } else {
        const place = this.#layout.tracks[marker.track];
        if (place !== undefined && event.offsetY > RULER && y >= place.top && y < place.top + TRACK_HEADER)
          return marker;
      }
    }
    return null;
  }

  #hover(event: PointerEvent): void {
    const { state } = this.#cinema;
    const marker = this.#markerAt(event);
    const i = marker === null ? this.#boxUnder(event) : -1;
    if (marker !== null) this.#tooltip.show(event, markerTip(marker));
    else if (i >= 0 && state.window !== null) {
      const box = boxAt(state.window, i, this.#cinema.edge());
      this.#tooltip.show(event, boxTip(box, state.window.tracks[box.track]?.title ?? ''));
    } else this.#tooltip.hide();
    this.canvas.classList.toggle('pointing', i >= 0 || marker !== null);
    if (i !== this.#hovered) {
      this.#hovered = i;
      this.#cinema.redraw();
    }
  }

  #leave(): void {
    this.#tooltip.hide();
    if (this.#hovered < 0) return;
    this.#hovered = -1;
    this.#cinema.redraw();
  }
}

function callsOf(finding: Parameters<typeof evidenceOf>[0]): number[] {
  return evidenceOf(finding).flatMap((evidence) => (evidence.call === null ? [] : [evidence.call]));
}
