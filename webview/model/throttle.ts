/** Lets something happen at most once per `gap` milliseconds. */
export class Throttle {
  readonly #gap: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(gap: number) {
    this.#gap = gap;
  }

  /** Whether it may happen now; if so, the gap begins anew. */
  ready(now: number): boolean {
    if (now - this.#last < this.#gap) return false;
    this.#last = now;
    return true;
  }
}
