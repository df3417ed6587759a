import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { type BreakLocation, type CallFrame, type DebuggerDomain, type Paused, siteOf } from './debugger-domain.ts';

/** A variable that the debugger has written: in the function's own frame (`frame` 0) or in that of a caller, at `site`. */
export interface Written {
  readonly frame: number;
  /** `scriptId:line:column` of a caller's frame; any for the function's own. */
  readonly site: string | null;
  readonly scope: number;
  readonly variable: string;
}

/** Everything that the debugger wrote for one probe, and the breakpoint at which it can be written back. */
export interface Debt {
  readonly probe: number;
  readonly location: BreakLocation;
  /** True once in a frame where the original is to be put back (`condition.ts`). */
  readonly condition: string;
  readonly written: readonly Written[];
}

/** Writes a variable of a paused frame; the command leaves before the first await. */
export function writeVariable(inspector: Inspector, frame: CallFrame, at: Written, objectId: string): Promise<boolean> {
  return inspector
    .send('Debugger.setVariableValue', {
      scopeNumber: at.scope,
      variableName: at.variable,
      newValue: { objectId },
      callFrameId: frame.callFrameId,
    })
    .then(
      () => true,
      () => false,
    );
}

interface Open {
  readonly debt: Debt;
  readonly objectId: string;
  left: Written[];
  breakpoint: string | null;
}

/**
 * Puts originals back where only a debugger can: constants and callers' variables, each in a pause at the function's next
 * call, as long as a message to the target takes. Used by the recorder at its end, and in its place by the guardian.
 *
 * It waits for a call, since no other paused frame that sees the variable can be had safely: a function made in such a frame
 * and called later pauses there at once, but V8 now and then aborts the process while it describes that pause
 * (a failed check in `ScopeIterator`, seen on Node 20).
 */
export class WriteBack {
  private readonly open = new Map<number, Open>();

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
    private readonly domain: DebuggerDomain,
  ) {}

  /** Waits at most `ms` milliseconds for the calls; the ids of probes of which something could not be written. The Debugger domain must be on. */
  async run(debts: readonly Debt[], ms: number): Promise<Set<number>> {
    await Promise.all(debts.map((debt) => this.begin(debt)));
    const deadline = Date.now() + ms;
    while (this.unpaid().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    const unpaid = this.unpaid();
    await Promise.all([...this.open.values()].map((open) => this.disarm(open)));
    this.open.clear();
    return new Set(unpaid.map(({ debt }) => debt.probe));
  }

  private unpaid(): Open[] {
    return [...this.open.values()].filter(({ left }) => left.length > 0);
  }

  private async begin(debt: Debt): Promise<void> {
    const objectId = await this.agent.objectOf(`${this.agent.reference}.original(${debt.probe})`).catch(() => '');
    const open: Open = { debt, objectId, left: [...debt.written], breakpoint: null };
    this.open.set(debt.probe, open);
    if (objectId === '') return;
    open.breakpoint = await this.domain.setBreakpoint(debt.location, debt.condition).catch(() => null);
    // It may have been hit, and done its work, before its id was known.
    if (open.left.length === 0) await this.disarm(open);
  }

  private async disarm(open: Open): Promise<void> {
    const id = open.breakpoint;
    if (id === null) return;
    open.breakpoint = null;
    await this.domain.removeBreakpoint(id).catch(() => undefined);
  }

  /** Whether the pause is at a function whose original is to be put back; it is used and left at once then. */
  paused(paused: Paused): boolean {
    const frame = paused.callFrames[0];
    if (frame === undefined) return false;
    const open = [...this.open.values()].find(({ debt }) => siteOf(frame) === siteOf({ location: debt.location }));
    if (open === undefined || (paused.hitBreakpoints?.length ?? 0) === 0) return false;
    const frames = this.domain.frames(paused);
    const here = open.left.filter(({ frame: index, site }) => {
      const at = frames[index];
      return at !== undefined && (site === null || siteOf(at) === site);
    });
    // All commands leave at once, the resume with them: the process stands still for one way of a message.
    const writes = here.map(async (at) => {
      if (await writeVariable(this.inspector, frames[at.frame] as CallFrame, at, open.objectId))
        open.left = open.left.filter((other) => other !== at);
    });
    const last = here.length === open.left.length ? this.disarm(open) : Promise.resolve();
    void this.domain.resume().catch(() => undefined);
    void Promise.all([...writes, last]);
    return true;
  }
}
