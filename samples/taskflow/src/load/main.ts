import { type Action, actionSequence } from './actions.js';
import { type LoadOptions, parseOptions, usage } from './options.js';
import { runLoad } from './run.js';
import { formatTable } from './table.js';

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Exit code 1 when a request was answered with 5xx, other than by a deliberate fault, or not at all. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.list > 0) return console.log(plannedActions(options));

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const report = await runLoad(options, stop.signal);
  console.log(options.json ? JSON.stringify(report) : formatTable(report));
  if (report.errors.http5xx + report.errors.network > 0) process.exitCode = 1;
}

function plannedActions({ users, seed, mix, list, json }: LoadOptions): string {
  const plans = Array.from({ length: users }, (_, user) => first(list, actionSequence(seed, user, mix)));
  if (json) return JSON.stringify(plans);
  return plans.map((plan, user) => `${user}: ${plan.map((action) => action.kind).join(' ')}`).join('\n');
}

function first(count: number, actions: Iterator<Action, never>): Action[] {
  return Array.from({ length: count }, () => actions.next().value);
}
