import { listNodeProcesses } from '../tracer/target/process-list.ts';
import type { Parsed } from './arguments.ts';
import { log, printJson } from './output.ts';

/** `nodescope list` */
export async function list(parsed: Parsed): Promise<void> {
  const found = await listNodeProcesses();
  if (parsed.values.json) return printJson(found);
  if (found.length === 0) return log('No Node.js process of yours is running here.');
  for (const { pid, argv, cwd, inspector } of found) {
    const state = inspector === null ? 'inspector closed' : `inspector on ${inspector.port}`;
    process.stdout.write(
      `${String(pid).padStart(8)}  ${state.padEnd(20)}  ${printable(argv.join(' ')).slice(0, 120)}  (${printable(cwd)})\n`,
    );
  }
}

/** Arguments of other programs may hold anything, terminal control sequences too. */
function printable(value: string): string {
  return value.replace(/\p{Cc}/gu, '?');
}
