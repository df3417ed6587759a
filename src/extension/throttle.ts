/** Runs `action` at most once per `ms`, always once more after the last call. */
export class Throttle {
  readonly #action: () => void;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(ms: number, action: () => void) {
    this.#ms = ms;
    this.#action = action;
  }

  /** Wants the action to run soon. */
  readonly call = (): void => {
    const wait = Math.max(0, this.#last + this.#ms - Date.now());
    this.#timer ??= setTimeout(() => this.#run(), wait);
  };

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#timer = undefined;
    this.#last = Date.now();
    this.#action();
  }
}
