import type { ExpressionTree } from '../plan/expression.ts';

/** One captured path: where it starts and the keys to follow. */
export interface CapturePath {
  readonly text: string;
  readonly root: 'this' | 'args';
  readonly keys: readonly (string | number)[];
}

/** What the prober tells the agent of a function probe; everything decidable is decided here, before any call. */
export interface ProbeConfig {
  readonly id: number;
  readonly name: string;
  readonly args: boolean;
  readonly result: boolean;
  readonly paths: readonly CapturePath[];
  readonly when: ExpressionTree | null;
  readonly sample: number;
  /** Positions of parameters whose names say they hold secrets. */
  readonly secretArgs: readonly number[];
  /** Calls start asynchronous work: enter AsyncLocalStorage from the first call on. */
  readonly asynchronous: boolean;
  /** The body runs when the generator is first asked, long after the call. */
  readonly generator: boolean;
  /** An async function: every promise it returns is a new one. */
  readonly fresh: boolean;
  /** Length and FNV-1a hash of the function's source text: proof that a binding holds the function meant. */
  readonly sourceLength: number;
  readonly sourceHash: number;
  /** Breakpoint hits per second that may be recorded before the breakpoint has to go for the rest of the second. */
  readonly hitsPerSecond: number;
  readonly watches: readonly {
    readonly probe: number;
    readonly path: string;
    readonly keys: readonly (string | number)[];
  }[];
}

/** The function that a wrapper stands for; null until a wrapper that was made beforehand is bound. */
export interface Standing {
  original: ((...args: never[]) => unknown) | null;
}

/** Puts the original back where the wrapper is. */
export type Restore = () => void;

export class Probe implements Standing {
  active = true;
  captures = true;
  usesStorage: boolean;
  original: ((...args: never[]) => unknown) | null = null;
  wrapper: ((...args: never[]) => unknown) | null = null;
  readonly restores: Restore[] = [];
  /** Wrappers of further functions with the same text: a class field makes one for every object. */
  readonly others = new Map<(...args: never[]) => unknown, (...args: never[]) => unknown>();
  readonly wrappers = new WeakSet<object>();
  /** A new function is made each time the code around it runs: no binding stays, so none is replaced any more. */
  several = false;
  /** Calls of a generator function through the wrapper whose bodies have not begun. */
  bodies = 0;
  /** Set by the wrapper just before it calls the original, so that a breakpoint there knows the call is recorded. */
  entering = false;
  calls = 0;
  skipped = 0;
  direct = 0;
  /** Breakpoint hits in the current one-second window. */
  windowStart = 0;
  windowHits = 0;
  overLimit = false;
  /** The host knows that the binding cannot be reached from the function's frame. */
  toldUnreachable = false;
  /** The host wants the next call past the wrapper to pause, to look at its callers. */
  pausing = false;
  /** The debugger could not write the constant; asking it again would only pause the process again. */
  unarmable = false;
  /** The constant holds something else than the function meant, so the wrapper has nothing to forward to and must not be written. */
  refused = false;
  /** Breakpoint hits that came through the wrapper. */
  wrappedHits = 0;
  unarmed = 0;
  unarmedAt = 0;
  credit = 0;

  constructor(readonly config: ProbeConfig) {
    this.usesStorage = config.asynchronous;
  }

  /** Fixed-share sampling without randomness: a sample of 0.25 records every fourth call. */
  sampled(): boolean {
    if (this.config.sample >= 1) return true;
    this.credit += this.config.sample;
    if (this.credit < 1) return false;
    this.credit -= 1;
    return true;
  }
}

/** FNV-1a over UTF-16 units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
