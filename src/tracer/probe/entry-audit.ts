import type { AgentStats } from '../agent/main.ts';
import type { AgentLink } from './agent-link.ts';
import type { AuditResult } from './audit.ts';
import type { EntryBreakpoints } from './entry-breakpoint.ts';
import type { InstalledProbe } from './function-probe.ts';

/** Calls of an async function that are enough to compare. */
const ENOUGH = 40;
const LOOK_MS = 10;

/**
 * The audit of functions whose resumptions V8 counts as calls: at the first statement, and for at most `ms` milliseconds, the
 * calls that begin are counted, and those of them that came through the wrapper; fewer for busy functions, since every hit
 * costs the process about 0.25 ms.
 */
export class EntryAudit {
  private readonly under = new Set<InstalledProbe>();

  constructor(
    private readonly agent: AgentLink,
    private readonly breakpoints: EntryBreakpoints,
  ) {}

  /** Whether the probe's breakpoint is there to count, and stays for that. */
  has(probe: InstalledProbe): boolean {
    return this.under.has(probe);
  }

  /** Compares what can be compared: probes that are rebound and whose breakpoints are gone; none in the answer that was not called. */
  async run(probes: readonly InstalledProbe[], ms: number): Promise<AuditResult[]> {
    const idle = probes.filter((probe) => probe.engine === 'rebind' && probe.breakpoint === null);
    if (idle.length === 0) return [];
    const before = await this.agent.stats();
    for (const probe of idle) this.under.add(probe);
    try {
      await Promise.all(idle.map((probe) => this.breakpoints.arm(probe)));
      await this.count(idle, before, ms);
    } finally {
      for (const probe of idle) this.under.delete(probe);
    }
    const after = await this.agent.stats();
    return idle.flatMap((probe) => {
      const from = hitsOf(before, probe);
      const to = hitsOf(after, probe);
      const recorded = to.wrapped - from.wrapped;
      const v8 = recorded + to.direct - from.direct;
      return v8 > 0 ? [{ probe, v8, recorded }] : [];
    });
  }

  private async count(idle: readonly InstalledProbe[], before: AgentStats, ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    let left = idle;
    while (left.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const now = await this.agent.stats();
      const done = left.filter((probe) => sum(hitsOf(now, probe)) - sum(hitsOf(before, probe)) >= ENOUGH);
      left = left.filter((probe) => !done.includes(probe));
      await this.leave(done);
    }
    await this.leave(left);
  }

  private async leave(probes: readonly InstalledProbe[]): Promise<void> {
    // One that has begun to look for a caller keeps its breakpoint.
    await Promise.all(probes.filter((probe) => !probe.wantsCaller).map((probe) => this.breakpoints.disarm(probe)));
  }
}

interface Hits {
  readonly direct: number;
  readonly wrapped: number;
}

const sum = ({ direct, wrapped }: Hits): number => direct + wrapped;

function hitsOf(stats: AgentStats, probe: InstalledProbe): Hits {
  const stat = stats.probes.find(([id]) => id === probe.config.id);
  return { direct: stat?.[3] ?? 0, wrapped: stat?.[4] ?? 0 };
}
