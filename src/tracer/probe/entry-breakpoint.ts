import type { AgentLink } from './agent-link.ts';
import { entryCondition } from './condition.ts';
import type { DebuggerDomain } from './debugger-domain.ts';
import type { InstalledProbe } from './function-probe.ts';

/** The breakpoints at the probes' first statements; while one is set, the Debugger domain is on. */
export class EntryBreakpoints {
  private closed = false;

  constructor(
    private readonly agent: AgentLink,
    private readonly domain: DebuggerDomain,
    private readonly armed: (probe: InstalledProbe) => void,
  ) {}

  /** Puts the breakpoint in place, if it is not there and there is a place for it. */
  async arm(probe: InstalledProbe): Promise<void> {
    if (probe.breakpoint !== null || probe.arming || probe.location === null || this.closed) return;
    probe.arming = true;
    // What it will show is counted from here.
    probe.hits = null;
    await this.domain.need();
    try {
      const condition = entryCondition(this.agent.name, probe.config.id, probe.fn.node);
      probe.breakpoint = await this.domain.setBreakpoint(probe.location, condition);
    } catch (error) {
      await this.domain.release().catch(() => undefined);
      throw error;
    } finally {
      probe.arming = false;
    }
    // Detached meanwhile: a breakpoint must not outlive the agent its condition speaks to.
    if (this.closed) await this.disarm(probe);
    else this.armed(probe);
  }

  async disarm(probe: InstalledProbe): Promise<void> {
    const id = probe.breakpoint;
    if (id === null) return;
    probe.breakpoint = null;
    await this.domain.removeBreakpoint(id).catch(() => undefined);
    await this.domain.release().catch(() => undefined);
  }

  /** Sets none from now on. */
  close(): void {
    this.closed = true;
  }
}
