import type { Inspector, RemoteObject } from '../target/inspector.ts';

/** `Debugger.CallFrame`, as far as used. */
export interface CallFrame {
  readonly callFrameId: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number };
  readonly this?: RemoteObject;
  readonly scopeChain: readonly { readonly type: string; readonly object: { readonly objectId?: string } }[];
}
export interface Paused {
  readonly reason: string;
  readonly hitBreakpoints?: readonly string[];
  readonly callFrames: readonly CallFrame[];
}
export interface BreakLocation {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

/** Callers looked at: those that hold a reference are near. */
const CALLERS = 3;

/** Names a place in a script. */
export function siteOf({ location }: { readonly location: BreakLocation }): string {
  return `${location.scriptId}:${location.lineNumber}:${location.columnNumber}`;
}

/**
 * The Debugger domain of a target, enabled only while something needs it: it makes every await about 1 us dearer
 * (DESIGN 3, fact 3). Needs are counted; the last one given back disables it.
 */
export class DebuggerDomain {
  private needs = 0;
  private changing: Promise<void> = Promise.resolve();

  /** Scripts of agents, ours and others': their frames are none of the application's. */
  private readonly agentScripts = new Set<string>();

  constructor(private readonly inspector: Inspector) {
    inspector.on('Debugger.scriptParsed', ({ scriptId, url }: { scriptId: string; url: string }) => {
      if (url === 'nodescope-agent') this.agentScripts.add(scriptId);
    });
  }

  get enabled(): boolean {
    return this.needs > 0;
  }

  /** Enables the domain if it is not; resolves when scripts have been reported. */
  need(): Promise<void> {
    this.needs++;
    return this.settle();
  }

  release(): Promise<void> {
    this.needs--;
    return this.settle();
  }

  private on = false;
  private settle(): Promise<void> {
    this.changing = this.changing.then(async () => {
      const wanted = this.needs > 0;
      if (wanted === this.on) return;
      this.on = wanted;
      await this.inspector.send(
        wanted ? 'Debugger.enable' : 'Debugger.disable',
        wanted ? { maxScriptsCacheSize: 10_000_000 } : {},
      );
    });
    const done = this.changing;
    this.changing = done.catch(() => undefined);
    return done;
  }

  /** First place inside the function at which the debugger can stop; null when there is none. */
  async firstBreak(
    scriptId: string,
    start: { line: number; column: number },
    end: { line: number; column: number },
  ): Promise<BreakLocation | null> {
    const answer = await this.inspector.send<{ locations: readonly BreakLocation[] }>(
      'Debugger.getPossibleBreakpoints',
      {
        start: { scriptId, lineNumber: start.line, columnNumber: start.column },
        end: { scriptId, lineNumber: end.line, columnNumber: end.column },
        restrictToFunction: true,
      },
    );
    return answer.locations[0] ?? null;
  }

  /** Sets a breakpoint; its id. */
  async setBreakpoint(location: BreakLocation, condition: string): Promise<string> {
    const answer = await this.inspector.send<{ breakpointId: string }>('Debugger.setBreakpoint', {
      location,
      condition,
    });
    return answer.breakpointId;
  }

  async removeBreakpoint(breakpointId: string): Promise<void> {
    await this.inspector.send('Debugger.removeBreakpoint', { breakpointId });
  }

  onPaused(listener: (paused: Paused) => void): () => void {
    return this.inspector.on('Debugger.paused', listener);
  }

  /** The paused function's frame and those of the application that led to it. */
  frames({ callFrames: [own, ...callers] }: Paused): readonly CallFrame[] {
    if (own === undefined) return [];
    const application = callers.filter(({ location }) => !this.agentScripts.has(location.scriptId));
    return [own, ...application.slice(0, CALLERS)];
  }

  resume(): Promise<unknown> {
    return this.inspector.send('Debugger.resume');
  }

  /**
   * A pause that is not for us. One of our breakpoints that has no work left, or a `debugger` statement that only stops
   * because our Debugger domain is on: the application goes on at once. Another debugger's pause is left to it.
   */
  async resumeStranger(paused: Paused): Promise<void> {
    const frame = paused.callFrames[0];
    if (frame === undefined) return;
    if ((paused.hitBreakpoints?.length ?? 0) > 0) return void (await this.resume().catch(() => undefined));
    const { scriptId, lineNumber, columnNumber } = frame.location;
    const answer = await this.inspector
      .send<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId })
      .catch(() => null);
    // Without the text the application matters more than another debugger's pause.
    const line = answer === null ? null : (answer.scriptSource.split('\n')[lineNumber] ?? '');
    if (line === null || (paused.reason === 'other' && /^debugger\b/.test(line.slice(columnNumber))))
      await this.resume().catch(() => undefined);
  }
}
