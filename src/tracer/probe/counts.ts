import type { Inspector } from '../target/inspector.ts';

/** `Profiler.ScriptCoverage`, as far as used. */
interface ScriptCoverage {
  readonly scriptId: string;
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/** How often V8 counted one function: its text range in the script, as offsets. */
export interface FunctionCount {
  readonly scriptId: string;
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly count: number;
}

/** Whose turn it is to count in a target: starting anew sets V8's counts back, and stopping ends them for all. */
const turns = new WeakMap<Inspector, Promise<void>>();

/**
 * V8's own call counts (`Profiler.startPreciseCoverage` with `callCount`). On for as short as possible: it takes
 * optimised code away while it runs.
 */
export class CallCounter {
  private leave: (() => void) | null = null;

  constructor(private readonly inspector: Inspector) {}

  /** Waits until nobody else counts in this target; `stop` has to follow. */
  async enter(): Promise<void> {
    if (this.leave !== null) return;
    const before = turns.get(this.inspector);
    const turn = new Promise<void>((resolve) => {
      this.leave = resolve;
    });
    turns.set(this.inspector, turn);
    await before;
  }

  /** Begins to count, or begins anew. After `enter` the commands leave before the first await. When it does not reject, `stop` has to follow. */
  async start(): Promise<void> {
    if (this.leave === null) await this.enter();
    try {
      await Promise.all([
        this.inspector.send('Profiler.enable'),
        this.inspector.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false }),
      ]);
    } catch (error) {
      this.giveTurn();
      throw error;
    }
  }

  /** Counts since `start` or the previous `take`; functions not called are left out. */
  async take(): Promise<FunctionCount[]> {
    const answer = await this.inspector.send<{ result: readonly ScriptCoverage[] }>('Profiler.takePreciseCoverage');
    return answer.result.flatMap((script) =>
      script.functions.flatMap((fn) => {
        const range = fn.ranges[0];
        return range === undefined || range.count === 0
          ? []
          : [
              {
                scriptId: script.scriptId,
                url: script.url,
                start: range.startOffset,
                end: range.endOffset,
                name: fn.functionName,
                count: range.count,
              },
            ];
      }),
    );
  }

  async stop(): Promise<void> {
    try {
      await Promise.all([this.inspector.send('Profiler.stopPreciseCoverage'), this.inspector.send('Profiler.disable')]);
    } finally {
      this.giveTurn();
    }
  }

  private giveTurn(): void {
    this.leave?.();
    this.leave = null;
  }
}
