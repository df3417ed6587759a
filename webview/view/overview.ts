import type { AppState } from '../model/app-state.ts';
import { density } from '../model/boxes.ts';
import type { Controller } from '../model/controller.ts';
import { spanOf, timeAt, xOf } from '../model/viewport.ts';
import { Surface } from './canvas.ts';
import { el } from './dom.ts';
import type { Theme } from './theme.ts';

const HEIGHT = 34;

/** The whole recording in one strip: activity, failures, findings, the visible part as a brush, the playhead. */
export class Overview {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #surface = new Surface(this.#canvas);
  readonly #cinema: Controller;
  #columns: { readonly of: unknown; readonly all: Float64Array; readonly failed: Float64Array } | null = null;
  #grip: number | null = null;

  constructor(cinema: Controller) {
    this.#cinema = cinema;
    this.element = el('div', { class: 'overview' }, [this.#canvas]);
    this.#canvas.addEventListener('pointerdown', (event) => this.#press(event));
    this.#canvas.addEventListener('pointermove', (event) => this.#drag(event));
    this.#canvas.addEventListener('pointerup', () => {
      this.#grip = null;
    });
    new ResizeObserver(() => this.#cinema.redraw()).observe(this.element);
  }

  get width(): number {
    return Math.max(this.element.clientWidth, 50);
  }

  render(state: AppState, theme: Theme): void {
    const { width } = this;
    const context = this.#surface.begin(width, HEIGHT);
    context.fillStyle = theme.ruler;
    context.fillRect(0, 0, width, HEIGHT);
    const range = this.#range();
    this.#drawDensity(context, state, theme, width);
    for (const finding of state.findings) {
      context.fillStyle =
        finding.severity === 'error' ? theme.error : finding.severity === 'warning' ? theme.warning : theme.info;
      context.fillRect(Math.round(xOf(range, width, finding.firstAt)) - 1, 0, 3, 6);
    }
    const x0 = Math.max(xOf(range, width, state.view.from), 0);
    const x1 = Math.min(Math.max(xOf(range, width, state.view.to), x0 + 3), width);
    context.fillStyle = theme.brush;
    context.fillRect(x0, 0, x1 - x0, HEIGHT);
    context.strokeStyle = theme.focus;
    context.lineWidth = 1;
    context.strokeRect(x0 + 0.5, 0.5, Math.max(x1 - x0 - 1, 2), HEIGHT - 1);
    context.fillStyle = state.mode === 'live' ? theme.error : theme.playhead;
    context.fillRect(Math.round(xOf(range, width, state.playhead)) - 1, 0, 2, HEIGHT);
  }

  #range(): { from: number; to: number } {
    const { range } = this.#cinema.state;
    return { from: range.from, to: Math.max(range.to, range.from + 1) };
  }

  #drawDensity(context: CanvasRenderingContext2D, state: AppState, theme: Theme, width: number): void {
    const { overview } = state;
    if (overview === null) return;
    const columns = Math.max(Math.floor(width / 2), 1);
    if (this.#columns?.of !== overview || this.#columns.all.length !== columns) {
      this.#columns = { of: overview, ...density(overview, columns, overview.range.to) };
    }
    const range = this.#range();
    const from = xOf(range, width, overview.from);
    const step = (xOf(range, width, overview.to) - from) / columns;
    const { all, failed } = this.#columns;
    // A root of the count keeps quiet stretches visible beside busy ones.
    const most = Math.sqrt(Math.max(...all, 1));
    for (let c = 0; c < columns; c++) {
      const h = (Math.sqrt(all[c] ?? 0) / most) * (HEIGHT - 8);
      if (h === 0) continue;
      context.fillStyle = theme.density;
      context.fillRect(from + c * step, HEIGHT - Math.max(h, 1.5), Math.max(step, 1), Math.max(h, 1.5));
      if ((failed[c] ?? 0) > 0) {
        context.fillStyle = theme.error;
        context.fillRect(from + c * step, HEIGHT - 3, Math.max(step, 2), 3);
      }
    }
  }

  #press(event: PointerEvent): void {
    const { view } = this.#cinema.state;
    const t = timeAt(this.#range(), this.width, event.offsetX);
    const inside = t >= view.from && t <= view.to;
    this.#grip = inside ? t - view.from : spanOf(view) / 2;
    this.#canvas.setPointerCapture(event.pointerId);
    if (!inside) this.#drag(event);
  }

  #drag(event: PointerEvent): void {
    if (this.#grip === null) return;
    const t = timeAt(this.#range(), this.width, event.offsetX);
    const from = t - this.#grip;
    this.#cinema.setView({ from, to: from + spanOf(this.#cinema.state.view) });
  }
}
