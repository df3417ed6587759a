import type { Viewport } from './viewport.ts';

/** What to ask the host for. */
export interface WindowRequest {
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
}

/** Nanoseconds per pixel, rounded down to a power of two, so that neighbouring zoom steps share a window. */
export function resolutionOf(view: Viewport, width: number): number {
  return 2 ** Math.floor(Math.log2((view.to - view.from) / Math.max(width, 1)));
}

/**
 * The window to load for a viewport: one visible width to each side, its edges on a grid of half widths, so that small pans ask for
 * the same window again (and therefore for nothing).
 */
export function requestFor(view: Viewport, width: number): WindowRequest {
  const resolution = resolutionOf(view, width);
  const unit = (resolution * Math.max(width, 1)) / 2;
  const from = Math.floor(view.from / unit - 2) * unit;
  const to = Math.ceil(view.to / unit + 2) * unit;
  return { from, to, pixels: Math.round((to - from) / resolution) };
}

interface Asked extends WindowRequest {
  readonly id: number;
  /** End of the recording when it was asked for: what came later is not in the answer. */
  readonly known: number;
  readonly at: number;
}

/** An answer that has not come within this time (ms) is asked for again; the host may have been restarted. */
const PATIENCE = 3_000;
const MOST_ASKED = 4;

/** Decides when to ask for a window: one request under way at a time, the newest wish next, stale pixels kept meanwhile. */
export class WindowLoader {
  #next: number;
  /** Under way, oldest first: more than one only when an answer takes longer than `PATIENCE`. */
  #asked: readonly Asked[] = [];
  #shown: Asked | null = null;

  /** Ids of its requests are `firstId`, `firstId` + 2, ...: two loaders (even, odd) can share the wire. */
  constructor(firstId: number) {
    this.#next = firstId;
  }

  /** The request to send now, or null when what is shown (or on its way) will do. `now` in milliseconds. */
  want(view: Viewport, width: number, rangeTo: number, now: number): (WindowRequest & { readonly id: number }) | null {
    const last = this.#asked.at(-1);
    if (last !== undefined && now - last.at < PATIENCE) return null;
    if (this.#shown !== null && serves(this.#shown, view, width, rangeTo)) return null;
    const request = { ...requestFor(view, width), id: this.#next, known: rangeTo, at: now };
    this.#asked = [...this.#asked.slice(-MOST_ASKED + 1), request];
    this.#next += 2;
    return request;
  }

  /** Whether an answer is awaited, which may have to be asked for again. */
  get waiting(): boolean {
    return this.#asked.length > 0;
  }

  /** Whether the answer is awaited; it makes those to older requests superfluous. A slow host's late answer is better than none. */
  accept(id: number): boolean {
    const index = this.#asked.findIndex((asked) => asked.id === id);
    if (index < 0) return false;
    this.#shown = this.#asked[index] ?? null;
    this.#asked = this.#asked.slice(index + 1);
    return true;
  }

  /** Forgets everything: the recording is another one. */
  reset(): void {
    this.#asked = [];
    this.#shown = null;
  }
}

function serves(shown: Asked, view: Viewport, width: number, rangeTo: number): boolean {
  const wish = requestFor(view, width);
  const sameScale = Math.abs(shown.pixels / (shown.to - shown.from) / (wish.pixels / (wish.to - wish.from)) - 1) < 0.01;
  const inside = shown.from <= view.from && shown.to >= view.to;
  const grown = rangeTo > shown.known && view.to > shown.known;
  return sameScale && inside && !grown;
}
