/**
 * live: the view follows the recording. frozen: it stands still while the recording goes on. stopped: there is no more to come.
 */
export type Mode = 'live' | 'frozen' | 'stopped';

export type ModeEvent =
  /** Somebody touched the film: panned, zoomed, selected, moved the playhead. */
  | 'touch'
  | 'follow'
  /** The space bar: freeze or return to live. */
  | 'toggle'
  | 'stopped';

/** The mode after an event; `stopped` is final for a recording. */
export function nextMode(mode: Mode, event: ModeEvent): Mode {
  if (mode === 'stopped' || event === 'stopped') return 'stopped';
  switch (event) {
    case 'touch':
      return 'frozen';
    case 'follow':
      return 'live';
    case 'toggle':
      return mode === 'live' ? 'frozen' : 'live';
  }
}

/** How far (ms) the film runs on by itself when the host's next push is late. */
const COAST = 150;

/** The moving edge of a live recording: runs on between the host's pushes, never back, never far ahead of what is known. */
export class LiveEdge {
  #known = 0;
  #at = 0;
  #shown = 0;

  /** The host knows of `t` (ns); `now` in milliseconds. */
  push(t: number, now: number): void {
    this.#known = t;
    this.#at = now;
  }

  /** The edge (ns) to draw at `now`. `smooth` false: exactly what is known. */
  at(now: number, smooth: boolean): number {
    const coast = smooth ? Math.min(Math.max(now - this.#at, 0), COAST) * 1e6 : 0;
    this.#shown = Math.max(this.#shown, this.#known + coast);
    return this.#shown;
  }

  reset(t: number, now: number): void {
    this.#shown = t;
    this.push(t, now);
  }
}
