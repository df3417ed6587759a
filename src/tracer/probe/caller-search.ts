import type { AgentLink } from './agent-link.ts';
import type { CallSiteRebinder } from './call-site.ts';
import type { Paused } from './debugger-domain.ts';
import type { EntryBreakpoints } from './entry-breakpoint.ts';
import type { InstalledProbe } from './function-probe.ts';

/** How long a caller is waited for at a time, how long the function is left alone in between, and how often. */
const WAIT_MS = 2000;
const REST_MS = 1000;
const MAX_RESTS = 3;

interface Prober {
  /** Runs an action later, unless the probes are taken out before. */
  later(ms: number, action: () => void): void;
  /** Calls came past the probe through references that could not be found. */
  unfound(probe: InstalledProbe): void;
  /** What was found has been replaced: whether that was all is seen from here on. */
  replaced(probe: InstalledProbe): Promise<void>;
  changed(probe: InstalledProbe): void;
}

/**
 * The search for a reference to a function that was made before its binding was replaced: the breakpoint stays for the next
 * call that comes past the wrapper, which pauses and shows its callers. Each other call pays for it meanwhile, and so do all
 * `await`s for the Debugger domain: a caller that does not come soon is waited for a few times, and then given up.
 */
export class CallerSearch {
  constructor(
    private readonly agent: AgentLink,
    private readonly breakpoints: EntryBreakpoints,
    private readonly callSites: CallSiteRebinder,
    private readonly prober: Prober,
  ) {}

  /** A call came past the wrapper. */
  async begin(probe: InstalledProbe): Promise<void> {
    if (probe.wantsCaller) return;
    if (this.callSites.exhausted(probe)) return this.prober.unfound(probe);
    probe.wantsCaller = true;
    await this.wait(probe);
  }

  private async wait(probe: InstalledProbe): Promise<void> {
    const { rests } = probe;
    this.prober.later(WAIT_MS, () => {
      if (probe.wantsCaller && probe.rests === rests) void this.rest(probe);
    });
    await this.agent.call('pause', probe.config.id, true).catch(() => undefined);
    await this.breakpoints.arm(probe).catch(() => undefined);
  }

  /** The breakpoint goes for a while, and after a few times for good. */
  async rest(probe: InstalledProbe): Promise<void> {
    const leaked = probe.direct;
    await this.breakpoints.disarm(probe);
    if (++probe.rests <= MAX_RESTS) {
      this.prober.later(REST_MS, () => {
        if (probe.wantsCaller) void this.wait(probe);
      });
      return;
    }
    probe.wantsCaller = false;
    probe.suspect = true;
    probe.status = 'limited';
    probe.reason = `at least ${Math.max(leaked, 1)} calls came past the probe, through a reference that was not used while it was looked for; calls through it are not recorded`;
    this.prober.changed(probe);
    await this.agent.call('pause', probe.config.id, false).catch(() => undefined);
  }

  /** The target is paused at a call that came past the wrapper. Resolves when the process has gone on and what was found is replaced. */
  async paused(probe: InstalledProbe, paused: Paused): Promise<void> {
    const outcome = await this.callSites.paused(probe, paused);
    if (outcome === 'look' || !probe.wantsCaller) return;
    probe.wantsCaller = false;
    probe.direct = 0;
    probe.rests = 0;
    probe.suspect = false;
    // At once: hits that are reported from now on may be from before, and must not begin the search anew.
    const fresh = this.prober.replaced(probe);
    await this.agent.call('pause', probe.config.id, false).catch(() => undefined);
    await fresh;
  }
}
