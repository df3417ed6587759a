import { descriptorOf } from './host.ts';

/** Each frame of a stack trace costs 0.3 to 1 us: most callers stand within the first few, behind one library. */
const FEW_FRAMES = 6;
const FRAMES = 40;
const REMEMBERED = 5000;

/**
 * Where the application's code stands now: raw frames `function\turl\tline\tcolumn`, without libraries and Node's own.
 * V8's structured stack trace is used with our own formatter for the duration, so that no formatter of the application
 * runs and `Error.stackTraceLimit` is as before.
 */
export class CallSites {
  private readonly ids = new Map<string, number>();

  constructor(private readonly define: (id: number, text: string) => boolean) {}

  /** Number of the present call site, 0 when no frame of the application is on the stack. */
  here(): number {
    const text = this.frames(FEW_FRAMES) ?? this.frames(FRAMES) ?? '';
    if (text === '') return 0;
    let id = this.ids.get(text);
    if (id === undefined) {
      if (this.ids.size >= REMEMBERED) return 0;
      id = this.ids.size + 1;
      if (!this.define(id, text)) return 0;
      this.ids.set(text, id);
    }
    return id;
  }

  /** The application's innermost frame among the `most` topmost ones, empty when the stack has none, null when it has more frames than these. */
  private frames(most: number): string | null {
    const limit = descriptorOf(Error, 'stackTraceLimit');
    const prepare = descriptorOf(Error, 'prepareStackTrace');
    if (limit?.writable === false || prepare?.configurable === false) return '';
    try {
      Object.defineProperty(Error, 'stackTraceLimit', {
        value: most,
        writable: true,
        configurable: true,
        enumerable: true,
      });
      Object.defineProperty(Error, 'prepareStackTrace', {
        value: format,
        writable: true,
        configurable: true,
        enumerable: false,
      });
      const holder: { stack?: unknown } = {};
      Error.captureStackTrace(holder, this.here);
      return typeof holder.stack === 'string' ? holder.stack : null;
    } finally {
      if (limit === undefined) delete (Error as { stackTraceLimit?: number }).stackTraceLimit;
      else Object.defineProperty(Error, 'stackTraceLimit', limit);
      if (prepare === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
      else Object.defineProperty(Error, 'prepareStackTrace', prepare);
    }
  }
}

function format(_error: Error, frames: readonly NodeJS.CallSite[]): string | null {
  for (const frame of frames) {
    const url = frame.getFileName() ?? frame.getScriptNameOrSourceURL();
    if (!url || url.startsWith('node:') || url.includes('node_modules') || url.includes('nodescope-agent')) continue;
    const name = frame.getFunctionName() ?? '';
    return `${name.slice(0, 200)}\t${url.slice(0, 1000)}\t${frame.getLineNumber() ?? 0}\t${frame.getColumnNumber() ?? 0}`;
  }
  return frames.length < FEW_FRAMES ? '' : null;
}
