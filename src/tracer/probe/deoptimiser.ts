import type { Inspector } from '../target/inspector.ts';
import type { BreakLocation } from './debugger-domain.ts';
import type { Position } from './function-index.ts';
import { readersOf, type Seen } from './readers.ts';
import type { Script } from './script.ts';

/** Commands on their way at once: each takes the target a moment. */
const AT_ONCE = 16;

/**
 * V8 takes a variable that no code of the script assigns for immutable, and puts its value into optimised code. What the
 * debugger writes there later is not seen by such code, which goes on calling the function it knew. Setting a breakpoint in a
 * function throws away all optimised code that contains it (`Debug::PrepareFunctionForDebugExecution`), so each function
 * that reads a rebound variable gets one that never holds, and loses it at once.
 */
export class Deoptimiser {
  private readonly written = new Map<string, BreakLocation>();

  constructor(private readonly inspector: Inspector) {}

  /** Readers of variables that were written, for whoever writes them back. */
  get readers(): readonly BreakLocation[] {
    return [...this.written.values()];
  }

  /** For each name, where the bodies of its readers begin; empty when the text cannot be had or parsed. */
  async find(script: Script, seen: readonly Seen[]): Promise<BreakLocation[][]> {
    const text = await script.source().catch(() => '');
    const at = ({ line, column }: Position) => ({ scriptId: script.id, lineNumber: line, columnNumber: column });
    return readersOf(text, script.parsed.isModule === true, seen).map((positions) => positions.map(at));
  }

  /** A variable that `readers` read has been written. The Debugger domain must be on. */
  async wrote(readers: readonly BreakLocation[]): Promise<void> {
    for (const reader of readers)
      this.written.set(`${reader.scriptId}:${reader.lineNumber}:${reader.columnNumber}`, reader);
    await deoptimise(this.inspector, readers);
  }
}

/** Throws away the optimised code of the given functions, wherever it was inlined. The Debugger domain must be on. */
export async function deoptimise(inspector: Inspector, functions: readonly BreakLocation[]): Promise<void> {
  for (let from = 0; from < functions.length; from += AT_ONCE)
    await Promise.all(functions.slice(from, from + AT_ONCE).map((location) => touch(inspector, location)));
}

async function touch(inspector: Inspector, location: BreakLocation): Promise<void> {
  const set = await inspector
    .send<{ breakpointId: string }>('Debugger.setBreakpoint', { location, condition: 'false' })
    // One of the probes' own breakpoints stands there already, and had the same effect when it was set.
    .catch(() => null);
  if (set !== null)
    await inspector.send('Debugger.removeBreakpoint', { breakpointId: set.breakpointId }).catch(() => undefined);
}
