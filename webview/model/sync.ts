import type { TimelineWindow } from '../../src/tracer/query/timeline-window.ts';
import type { ViewMessage } from '../messages.ts';
import type { AppState } from './app-state.ts';
import { Throttle } from './throttle.ts';
import { WindowLoader } from './window-loader.ts';

/** Keeps what is shown and what the host knows in step, with as few messages as will do. */
export class Sync {
  readonly #post: (message: ViewMessage) => void;
  readonly #main = new WindowLoader(2);
  readonly #strip = new WindowLoader(3);
  readonly #tellPlayhead = new Throttle(50);
  readonly #askState = new Throttle(120);
  readonly #askStrip = new Throttle(700);
  #stateRequest = 0;
  #stateUnderWay = false;
  #askedState = Number.NaN;
  #toldPlayhead = Number.NaN;

  constructor(post: (message: ViewMessage) => void) {
    this.#post = post;
  }

  /** Forgets what was asked: the host has begun anew. */
  reset(): void {
    this.#main.reset();
    this.#strip.reset();
    this.#askedState = Number.NaN;
    this.#stateUnderWay = false;
  }

  acceptWindow(state: AppState, requestId: number, window: TimelineWindow): void {
    if (this.#main.accept(requestId)) state.window = window;
    else if (this.#strip.accept(requestId)) state.overview = window;
  }

  /** Whether this answer is the one awaited. */
  acceptState(requestId: number): boolean {
    if (requestId !== this.#stateRequest) return false;
    this.#stateUnderWay = false;
    return true;
  }

  /** Asks for what is missing now; returns whether something is still to be told or asked later. */
  frame(state: AppState, widths: { readonly main: number; readonly strip: number }, now: number): boolean {
    const main = this.#main.want(state.view, widths.main, state.range.to, now);
    if (main !== null) {
      this.#post({ kind: 'window', requestId: main.id, from: main.from, to: main.to, pixels: main.pixels });
    }
    this.#wantStrip(state, widths.strip, now);
    this.#tell(state, now);
    return this.#main.waiting || this.#toldPlayhead !== state.playhead || this.#askedState !== state.playhead;
  }

  #wantStrip({ range, overview }: AppState, width: number, now: number): void {
    if (range.to <= range.from || width < 1) return;
    const grown = overview === null || range.to - overview.range.to > (range.to - range.from) * 0.01;
    if (!grown || !this.#askStrip.ready(now)) return;
    this.#strip.reset();
    const ask = this.#strip.want(range, width, range.to, now);
    const pixels = Math.max(Math.round(width / 2), 1);
    if (ask !== null) this.#post({ kind: 'window', requestId: ask.id, from: range.from, to: range.to, pixels });
  }

  #tell({ playhead, mode }: AppState, now: number): void {
    if (playhead !== this.#toldPlayhead && this.#tellPlayhead.ready(now)) {
      this.#toldPlayhead = playhead;
      this.#post({ kind: 'playhead', t: Math.round(playhead), live: mode === 'live' });
    }
    if (playhead !== this.#askedState && !this.#stateUnderWay && this.#askState.ready(now)) {
      this.#askedState = playhead;
      this.#stateUnderWay = true;
      this.#stateRequest++;
      this.#post({ kind: 'state', requestId: this.#stateRequest, t: Math.round(playhead) });
    }
  }
}
