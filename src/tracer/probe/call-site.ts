import type { EvaluateResult, Inspector, RemoteObject } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { hitCondition } from './condition.ts';
import type { CallFrame, DebuggerDomain, Paused } from './debugger-domain.ts';
import type { InstalledProbe } from './function-probe.ts';

interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}
/** A variable of a caller's scope that holds the original, to be written at the next pause at the same place. */
interface Holder {
  readonly site: string;
  readonly frame: number;
  readonly scope: number;
  readonly variable: string;
}

const FRAMES = 3;
const MAX_SITES = 8;
const MAX_VARIABLES = 300;
const WRITABLE = new Set(['closure', 'block', 'module', 'script']);

/**
 * Rebinds a function where it is called from, when its own module cannot: another module's `const { f } = require()`, a
 * router's table, an object that took the method along. One short pause on a call that came past the wrapper shows the
 * callers' scopes; the search for what holds the function (by identity) happens after the process has gone on. Properties
 * are replaced there and then, variables at a second pause at the same place.
 */
export class CallSiteRebinder {
  private readonly holders = new Map<number, Holder[]>();

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
    private readonly domain: DebuggerDomain,
  ) {}

  /** Whether there are call sites left to try. */
  exhausted(probe: InstalledProbe): boolean {
    return probe.triedSites.size >= MAX_SITES;
  }

  condition(probe: InstalledProbe): string {
    return hitCondition(this.agent.name, probe.config.id, probe.fn.node);
  }

  /** The target is paused at a call of `probe` that came past its wrapper. Resolves when something was tried; `again` when a second pause is needed. */
  async paused(probe: InstalledProbe, paused: Paused): Promise<'again' | 'tried'> {
    const frames = paused.callFrames.slice(1, 1 + FRAMES);
    const site = frames.map(siteOf).join(' < ') || 'the event loop';
    const breakpoint = probe.breakpoint;
    const known = this.holders.get(probe.config.id)?.filter((holder) => holder.site === site) ?? [];
    const writes = known.map((holder) => this.write(probe, frames, holder));
    const views = known.length > 0 || probe.triedSites.has(site) ? [] : frames.map((frame) => this.view(frame));
    // Everything leaves at once: the process stands still for one way there.
    if (breakpoint !== null) {
      probe.breakpoint = null;
      void this.domain.removeBreakpoint(breakpoint).catch(() => undefined);
    }
    const resumed = this.domain.resume().catch(() => undefined);
    await Promise.all(writes);
    await resumed;
    if (breakpoint !== null) await this.domain.release().catch(() => undefined);
    if (known.length > 0) {
      this.holders.set(probe.config.id, []);
      probe.triedSites.add(site);
      return 'tried';
    }
    const found = await this.holdersIn(probe, site, await Promise.all(views));
    if (found.length > 0) {
      this.holders.set(probe.config.id, found);
      return 'again';
    }
    probe.triedSites.add(site);
    return 'tried';
  }

  private async write(probe: InstalledProbe, frames: readonly CallFrame[], holder: Holder): Promise<void> {
    const frame = frames[holder.frame];
    if (frame === undefined || probe.wrapperObject === '') return;
    await this.inspector
      .send('Debugger.setVariableValue', {
        scopeNumber: holder.scope,
        variableName: holder.variable,
        newValue: { objectId: probe.wrapperObject },
        callFrameId: frame.callFrameId,
      })
      .then(() => probe.variables.push(holder))
      .catch(() => undefined);
  }

  /** The variables of a frame's scopes; asked for while paused, answered by what the inspector copied. */
  private view(frame: CallFrame): Promise<{ readonly properties: readonly Property[]; readonly writable: boolean }[]> {
    return Promise.all([
      ...frame.scopeChain.map(async (scope) => {
        if (scope.type === 'global' || scope.object.objectId === undefined) return { properties: [], writable: false };
        const answer = await this.inspector
          .send<{ result: readonly Property[] }>('Runtime.getProperties', { objectId: scope.object.objectId, ownProperties: true })
          .catch(() => ({ result: [] as readonly Property[] }));
        return { properties: answer.result.slice(0, MAX_VARIABLES), writable: WRITABLE.has(scope.type) };
      }),
      Promise.resolve({ properties: frame.this === undefined ? [] : [{ name: 'this', value: frame.this }], writable: false }),
    ]);
  }

  private async holdersIn(
    probe: InstalledProbe,
    site: string,
    views: readonly (readonly { readonly properties: readonly Property[]; readonly writable: boolean }[])[],
  ): Promise<Holder[]> {
    const found: Holder[] = [];
    for (const [frame, scopes] of views.entries()) {
      for (const [scope, { properties, writable }] of scopes.entries()) {
        await Promise.all(
          properties.map(async ({ name, value }) => {
            if (value?.objectId === undefined) return;
            if (value.type === 'function') {
              if (writable && (await this.ask(value.objectId, 'is', probe.config.id))) found.push({ site, frame, scope, variable: name });
            } else if (value.type === 'object' && value.subtype !== 'proxy') {
              await this.ask(value.objectId, 'search', probe.config.id);
            }
          }),
        );
      }
    }
    if (found.length > 0 && probe.wrapperObject === '') {
      probe.wrapperObject = await this.agent.wrapperObject(probe.config.id, probe.fn.node.constructible);
    }
    return found;
  }

  private async ask(objectId: string, method: 'is' | 'search', probe: number): Promise<boolean> {
    const answer = await this.inspector
      .send<EvaluateResult>('Runtime.callFunctionOn', {
        objectId,
        functionDeclaration: `function () { return ${this.agent.reference}.${method}(${probe}, this); }`,
        returnByValue: true,
        silent: true,
      })
      .catch(() => null);
    return answer?.result.value === true;
  }
}

function siteOf(frame: CallFrame): string {
  const { scriptId, lineNumber, columnNumber } = frame.location;
  return `${scriptId}:${lineNumber}:${columnNumber}`;
}
