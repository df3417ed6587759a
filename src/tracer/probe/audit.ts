import type { AgentStats } from '../agent/main.ts';
import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import { CallCounter, type FunctionCount } from './counts.ts';
import type { InstalledProbe } from './function-probe.ts';

/** Calls of one function in the audited interval: counted by V8, and seen by the probe. */
export interface AuditResult {
  readonly probe: InstalledProbe;
  readonly v8: number;
  readonly recorded: number;
}

const ATTEMPTS = 20;

/**
 * Compares V8's counts with the wrappers' over `ms` milliseconds (DESIGN 3, fact 6). The counters are read right before and
 * right after V8's start and end in one pipeline; where calls slipped in between, the bounds are that much apart and the
 * comparison is fair within them.
 */
export async function audit(
  inspector: Inspector,
  agent: AgentLink,
  probes: readonly InstalledProbe[],
  ms: number,
): Promise<AuditResult[]> {
  const counter = new CallCounter(inspector);
  // The readings around the start are only as close as its commands leave at once.
  await counter.enter();
  try {
    const from = await bracket(agent, () => counter.start());
    await new Promise((resolve) => setTimeout(resolve, ms));
    let counts: FunctionCount[] = [];
    const to = await bracket(agent, async () => {
      counts = counts.concat(await counter.take());
    });
    return probes.map((probe) => compare(probe, counts, from, to));
  } finally {
    await counter.stop().catch(() => undefined);
  }
}

interface Bracket {
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
}

/** Runs a command between two readings of the counters; tries again a few times when calls came in between. */
async function bracket(agent: AgentLink, command: () => Promise<void>): Promise<Bracket> {
  for (let attempt = 1; ; attempt++) {
    const [before, , after] = await Promise.all([agent.stats(), command(), agent.stats()]);
    const result = { before: callsOf(before), after: callsOf(after) };
    const same = [...result.before].every(([id, calls]) => result.after.get(id) === calls);
    if (same || attempt >= ATTEMPTS) return result;
  }
}

const callsOf = (stats: AgentStats) => new Map(stats.probes.map(([id, calls]) => [id, calls]));

function compare(probe: InstalledProbe, counts: readonly FunctionCount[], from: Bracket, to: Bracket): AuditResult {
  const { script, node } = probe.fn;
  const mine = counts.filter((count) => count.scriptId === script.id && matches(count, node));
  const v8 = mine.reduce((sum, count) => sum + count.count, 0);
  const id = probe.config.id;
  const most = (to.after.get(id) ?? 0) - (from.before.get(id) ?? 0);
  const least = (to.before.get(id) ?? 0) - (from.after.get(id) ?? 0);
  // Within the bounds the readings allow, V8's number is the true one.
  return { probe, v8, recorded: v8 >= least && v8 <= most ? v8 : v8 > most ? most : least };
}

/** V8's range of a function starts at its first token (a method's name, `async`), ours at the function value itself. */
function matches(count: FunctionCount, node: InstalledProbe['fn']['node']): boolean {
  return count.end === node.end && count.start <= node.start && count.start > node.start - 400;
}
