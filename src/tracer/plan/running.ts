import type { FileAnalysis, FunctionAnalysis } from './analysis/model.ts';
import type { Library } from './plan.ts';

/** What runs in the process now, from V8's precise call counts over a short time (DESIGN 3, fact 6). */
export interface RunningCounts {
  /** How long was counted. */
  readonly seconds: number;
  /** Functions that were called or loaded; those of `node_modules` help to predict the rate of libraries. */
  readonly functions: readonly RunningFunction[];
  /** Libraries that the process has loaded; decides alone when given. */
  readonly libraries?: readonly Library[];
}

export interface RunningFunction {
  /** Original file where a source map says so, as an absolute path or `file:` URL. */
  readonly file: string;
  /** 1-based line and 0-based column of the function's start. */
  readonly line: number;
  readonly column: number;
  /** V8's name: `assignTask`; empty for anonymous functions. */
  readonly name: string;
  /** 0 for a function that was loaded but not called while counting. */
  readonly callsPerSecond: number;
}

/** How far a function's place may be off between V8's count and the analysis, in lines (source maps are coarse). */
const LINE_TOLERANCE = 2;

/** Finds the rate of an analysed function in the counts. */
export class RunningIndex {
  private readonly byFile = new Map<string, RunningFunction[]>();
  private readonly queries: number;

  constructor(readonly counts: RunningCounts) {
    for (const fn of counts.functions) {
      const file = plainPath(fn.file);
      const list = this.byFile.get(file) ?? [];
      list.push(fn);
      this.byFile.set(file, list);
    }
    this.queries = counts.functions
      .filter((fn) => fn.name === 'query' && /\/node_modules\/pg\/lib\/client\.js$/.test(plainPath(fn.file)))
      .reduce((sum, fn) => sum + fn.callsPerSecond, 0);
  }

  /** Whether the process has loaded anything of the file. */
  hasFile(file: FileAnalysis): boolean {
    return this.functionsOf(file).length > 0;
  }

  /** Calls per second; null when the function was not seen in the process at all. */
  rateOf(fn: FunctionAnalysis, file: FileAnalysis): number | null {
    const last = fn.name.split('.').at(-1) ?? '';
    const candidates = this.functionsOf(file).filter((running) => {
      if (fn.kind === 'handler')
        return Math.abs(running.line - fn.line) <= 1 && Math.abs(running.column - fn.column) <= 40;
      return running.name === last || running.name.endsWith(`.${last}`);
    });
    if (candidates.length === 0) return null;
    const near = candidates.filter((running) => Math.abs(running.line - fn.line) <= LINE_TOLERANCE);
    const chosen = near.length > 0 ? near : candidates.length === 1 ? candidates : [];
    if (chosen.length === 0) return null;
    return chosen.reduce((sum, running) => sum + running.callsPerSecond, 0);
  }

  /** Queries per second through the `pg` client, from the client's own count. */
  queriesPerSecond(): number {
    return this.queries;
  }

  private functionsOf(file: FileAnalysis): readonly RunningFunction[] {
    return this.byFile.get(plainPath(file.path)) ?? [];
  }
}

function plainPath(file: string): string {
  return file.startsWith('file://') ? decodeURIComponent(file.slice('file://'.length)) : file;
}
