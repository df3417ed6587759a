import type { ProbeConfig } from '../agent/probe.ts';
import type { Engine } from '../event/event.ts';
import type { ProbeState } from '../store/manifest.ts';
import type { BreakLocation } from './debugger-domain.ts';
import type { ResolvedFunction } from './resolve.ts';
import type { Written } from './write-back.ts';

/** A function probe on its way up the ladder (DESIGN 3): where it stands and what the target has said of it. */
export class InstalledProbe {
  engine: Engine = 'none';
  status: ProbeState['status'] = 'waiting';
  reason = 'the function has not been called since the probe was set';
  calls = 0;
  audit: ProbeState['audit'] = null;
  /** The breakpoint at the function's start while one is set. */
  breakpoint: string | null = null;
  /** A breakpoint is on its way. */
  arming = false;
  location: BreakLocation | null = null;
  /** The binding holds the wrapper. */
  bound = false;
  wrapperObject = '';
  direct = 0;
  /** The agent's counters of breakpoint hits when the last one past the wrapper was seen; null before the first look. */
  hits: { readonly direct: number; readonly wrapped: number } | null = null;
  /** Hits reported before the agent's next word of a binding are from before it. */
  stale = false;
  /** A comparison of counts has shown calls past the wrapper. */
  suspect = false;
  /** Call sites already tried, `scriptId:line:column`. */
  readonly triedSites = new Set<string>();
  wantsCaller = false;
  /** Times its breakpoint went while a caller was waited for. */
  rests = 0;
  /** A new function is made each time the code around it runs: only the breakpoint sees them all. */
  several = false;
  /** Every object has a function of its own, bound when it is first called. */
  each = false;

  /** What the debugger wrote for it, and has to write back. */
  readonly written: Written[] = [];

  constructor(
    readonly at: string,
    readonly config: ProbeConfig,
    readonly fn: ResolvedFunction,
    readonly predictedCallsPerSecond: number | null,
  ) {
    if (fn.warning !== '') this.reason = `${this.reason}; ${fn.warning}`;
  }

  state(target: ProbeState['target']): ProbeState {
    return {
      id: this.config.id as ProbeState['id'],
      target,
      at: this.at,
      kind: 'function',
      name: this.fn.name,
      location: this.fn.location,
      engine: this.engine,
      status: this.status,
      reason: this.reason,
      calls: this.calls,
      audit: this.audit,
      predictedCallsPerSecond: this.predictedCallsPerSecond,
    };
  }
}
