import type { Inspector } from '../target/inspector.ts';
import { CallCounter } from './counts.ts';

/** Requests within this time are answered together, milliseconds. */
const TOGETHER_MS = 30;
/** The next one comes no sooner than this, and than so many times as long as the last one took. */
const REST_MS = 200;
const REST_TIMES = 20;

/**
 * V8 takes a variable that no code of its script assigns for immutable, and puts its value into optimised code. What the
 * debugger writes there is not seen by such code, which goes on calling the function it knew. Beginning to count calls
 * throws all optimised code away (`Coverage::SelectMode` with `kPreciseCount`), once and for the whole process; a breakpoint
 * in each function that reads the variable would too, but V8 then walks the heap once for each (measured: 200 functions and
 * a heap of 450 MB, 35 s; this way 0.5 s).
 */
export class Deoptimiser {
  private running: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | null = null;
  private restUntil = 0;

  constructor(private readonly inspector: Inspector) {}

  /** Resolves when code that was optimised before now is gone, or cannot be had gone. Requests of a moment share one. */
  request(): Promise<void> {
    if (this.waiting === null) {
      const delay = Math.max(TOGETHER_MS, this.restUntil - Date.now());
      this.waiting = Promise.all([this.running, new Promise((resolve) => setTimeout(resolve, delay).unref())]).then(
        () => {
          this.waiting = null;
          this.running = this.run();
          return this.running;
        },
      );
    }
    return this.waiting;
  }

  private async run(): Promise<void> {
    const begun = Date.now();
    await deoptimise(this.inspector);
    this.restUntil = Date.now() + Math.max(REST_MS, REST_TIMES * (Date.now() - begun));
  }
}

/** Throws away all optimised code of the target, which V8 makes again where it is worth it. Never rejects. */
export async function deoptimise(inspector: Inspector): Promise<void> {
  const counter = new CallCounter(inspector);
  try {
    await counter.start();
    await counter.stop();
  } catch {
    // The connection is lost, or the profiler is not to be had: code that was optimised before stays until V8 lets it go.
  }
}
