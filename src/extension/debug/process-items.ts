import { basename, relative } from 'node:path';
import { escapeControls } from '../../tracer/event/format.ts';
import type { NodeProcess } from '../../tracer/target/process-list.ts';

/** One line of the process picker. */
export interface ProcessItem {
  readonly pid: number;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Node processes as a picker shows them: the script and its arguments, pid and inspector, folder. The order is kept. */
export function processItems(processes: readonly NodeProcess[], now: number): ProcessItem[] {
  return processes.map(({ pid, argv, cwd, startedMs, inspector }) => {
    const port = inspector === null ? '' : ` · inspector on ${inspector.port}`;
    const age = startedMs === null ? '' : ` · up ${formatAge(now - startedMs)}`;
    return {
      pid,
      label: escapeControls(commandOf(argv, cwd)),
      description: `pid ${pid}${port}${age}`,
      detail: escapeControls(cwd),
    };
  });
}

/** `node dist/main.js --port 4000`, the executable and the script without the folders everybody knows. */
function commandOf(argv: readonly string[], cwd: string): string {
  const [executable = 'node', ...rest] = argv;
  const shown = rest.map((argument) => {
    const inside = cwd !== '' && argument.startsWith(`${cwd}/`) ? relative(cwd, argument) : argument;
    return inside === '' ? argument : inside;
  });
  return [basename(executable), ...shown].join(' ').slice(0, 200);
}

function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
