import type { EvaluateResult, Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { type CallFrame, type DebuggerDomain, type Paused, siteOf } from './debugger-domain.ts';
import type { InstalledProbe } from './function-probe.ts';
import { type Written, writeVariable } from './write-back.ts';

/** A variable of a caller's scope that holds the original, to be written at the next pause at the same place. */
type Holder = Written & { readonly site: string };

const MAX_SITES = 8;
const WRITABLE = new Set(['closure', 'block', 'module', 'script']);

/**
 * Rebinds a function where it is called from, when its own module cannot: another module's `const { f } = require()`, a
 * router's table, an object that took the method along. One short pause on a call that came past the wrapper shows the
 * callers' scopes, where the agent looks for what holds the function, by identity and within bounds. Properties are replaced
 * there and then, variables by the debugger at a second pause at the same place.
 */
export class CallSiteRebinder {
  private readonly holders = new Map<number, Holder[]>();
  private readonly looked = new Set<string>();

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
    private readonly domain: DebuggerDomain,
    private readonly written: (probe: InstalledProbe) => void,
  ) {}

  /** Whether there are call sites left to try. */
  exhausted(probe: InstalledProbe): boolean {
    return probe.triedSites.size >= MAX_SITES;
  }

  /**
   * The target is paused at a call of `probe` that came past its wrapper, with the breakpoint still there: the first time
   * the callers' scopes are looked through, the next time at the same place what was found is written. Resolves when the
   * process has gone on; `look` when another pause is needed.
   */
  async paused(probe: InstalledProbe, paused: Paused): Promise<'look' | 'tried'> {
    const frames = this.domain.frames(paused);
    const site = frames[1] === undefined ? 'the event loop' : siteOf(frames[1]);
    const known = this.holders.get(probe.config.id)?.filter((holder) => isAt(frames, holder)) ?? [];
    const looking = known.length === 0 && !probe.triedSites.has(site) && !this.looked.has(`${probe.config.id} ${site}`);
    // Everything leaves at once: the process stands still for one way there.
    const writes = known.map((holder) => this.write(probe, frames, holder));
    const views = looking ? frames.slice(1).map((frame) => this.view(probe, frame)) : [];
    const resumed = this.domain.resume().catch(() => undefined);
    if (looking) this.looked.add(`${probe.config.id} ${site}`);
    await Promise.all(writes);
    await resumed;
    if (known.length > 0) {
      this.holders.delete(probe.config.id);
      probe.triedSites.add(site);
      return 'tried';
    }
    if (!looking) return probe.triedSites.has(site) ? 'tried' : 'look';
    const found = (await Promise.all(views)).flatMap((scopes, caller) =>
      scopes.flatMap((variables, scope) => {
        const frame = caller + 1;
        return variables.map((variable) => ({ site: siteOf(frames[frame] as CallFrame), frame, scope, variable }));
      }),
    );
    if (found.length > 0) {
      await this.wrapper(probe);
      this.holders.set(probe.config.id, found);
      return 'look';
    }
    probe.triedSites.add(site);
    return 'tried';
  }

  /** Commands leave before the first await. */
  private async write(probe: InstalledProbe, frames: readonly CallFrame[], holder: Holder): Promise<void> {
    const frame = frames[holder.frame];
    if (frame === undefined || probe.wrapperObject === '') return;
    if (!(await writeVariable(this.inspector, frame, holder, probe.wrapperObject))) return;
    probe.written.push(holder);
    this.written(probe);
  }

  /**
   * Looks through a frame's scopes, in the target and while it is paused, since what the inspector shows of a frame is
   * released when it goes on. Properties that hold the function are replaced at once; the answer names the variables.
   */
  private view(probe: InstalledProbe, frame: CallFrame): Promise<readonly string[][]> {
    const receiver =
      frame.this?.objectId === undefined ? Promise.resolve([]) : this.look(frame.this.objectId, probe.config.id, true);
    return Promise.all([
      ...frame.scopeChain.map(async (scope) => {
        if (scope.type === 'global' || scope.object.objectId === undefined) return [];
        const variables = await this.look(scope.object.objectId, probe.config.id, false);
        return WRITABLE.has(scope.type) ? variables : [];
      }),
      receiver.then(() => []),
    ]);
  }

  private async look(objectId: string, probe: number, isReceiver: boolean): Promise<string[]> {
    const answer = await this.inspector
      .send<EvaluateResult>('Runtime.callFunctionOn', {
        objectId,
        functionDeclaration: `function () { return ${this.agent.reference}.look(${probe}, this, ${isReceiver}); }`,
        returnByValue: true,
        silent: true,
      })
      .catch(() => null);
    const names = answer?.result.value;
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }

  private async wrapper(probe: InstalledProbe): Promise<void> {
    if (probe.wrapperObject === '')
      probe.wrapperObject = await this.agent.wrapperObject(probe.config.id, probe.fn.node.constructible);
  }
}

function isAt(frames: readonly CallFrame[], holder: Holder): boolean {
  const frame = frames[holder.frame];
  return frame !== undefined && siteOf(frame) === holder.site;
}
