import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { inspectorAt } from './discovery.ts';
import { listeningPorts } from './ports.ts';

/** A Node.js process of this machine and user. */
export interface NodeProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Wall clock of its start, milliseconds since the epoch, where known. */
  readonly startedMs: number | null;
  /** Where its inspector listens, null when it is closed. */
  readonly inspector: { readonly port: number; readonly url: string } | null;
}

const run = promisify(execFile);
const CLOCK_TICKS = 100;

/** The Node processes that this user may attach to, newest first, without this one. */
export async function listNodeProcesses(): Promise<NodeProcess[]> {
  const pids = process.platform === 'linux' ? await linuxPids() : await portablePids();
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => describeProcess(pid)));
  return found
    .filter((entry) => entry !== null)
    .sort((a, b) => (b.startedMs ?? 0) - (a.startedMs ?? 0) || b.pid - a.pid);
}

async function linuxPids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function portablePids(): Promise<number[]> {
  const { stdout } =
    process.platform === 'win32'
      ? await run('powershell', ['-NoProfile', '-Command', 'Get-Process node | ForEach-Object { $_.Id }'])
      : await run('ps', ['-axo', 'pid=,comm=']);
  return stdout
    .split('\n')
    .filter((line) => process.platform === 'win32' || /\bnode\b/.test(line))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 0);
}

/** What is known of one process; null when it is gone, not Node, or not ours to see. */
export async function describeProcess(pid: number): Promise<NodeProcess | null> {
  try {
    if (process.platform !== 'linux') return await describePortable(pid);
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    const executable = await readlink(`/proc/${pid}/exe`);
    if (!isNodeName(executable) || argv.length === 0) return null;
    return {
      pid,
      argv,
      cwd: await readlink(`/proc/${pid}/cwd`),
      startedMs: await linuxStart(pid),
      inspector: await inspectorOf(pid),
    };
  } catch {
    return null;
  }
}

/** Whether an executable's path is a Node.js binary by its name; used only to say what a process is, never before a signal. */
export function isNodeName(executable: string): boolean {
  return /^(node|nodejs)(\d+)?(\.exe)?$/.test(basename(executable.replace(/ \(deleted\)$/, '')));
}

/** The inspector among the ports the process listens on, asked over its own HTTP endpoint. */
export async function inspectorOf(pid: number): Promise<NodeProcess['inspector']> {
  for (const port of await listeningPorts(pid)) {
    const found = await inspectorAt('127.0.0.1', port, 300);
    if (found.kind === 'inspector') return { port, url: found.url };
  }
  return null;
}

async function linuxStart(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command may hold spaces and parentheses; fields count from behind its last one.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const boot = /^btime (\d+)/m.exec(await readFile('/proc/stat', 'utf8'));
  return boot === null ? null : Number(boot[1]) * 1000 + (ticks / CLOCK_TICKS) * 1000;
}

async function describePortable(pid: number): Promise<NodeProcess | null> {
  if (process.platform === 'win32') {
    const script = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`;
    const { stdout } = await run('powershell', ['-NoProfile', '-Command', script]);
    const line = stdout.trim();
    return line === ''
      ? null
      : { pid, argv: line.split(/\s+/), cwd: '', startedMs: null, inspector: await inspectorOf(pid) };
  }
  const { stdout } = await run('ps', ['-p', String(pid), '-o', 'lstart=,command=']);
  const match = /^(\S+ \S+ +\d+ \S+ \d+) +(.*)$/m.exec(stdout.trim());
  if (match === null) return null;
  const argv = (match[2] as string).split(/\s+/);
  if (!isNodeName(argv[0] ?? '')) return null;
  const { stdout: files } = await run('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn']);
  const cwd = /^n(.*)$/m.exec(files)?.[1] ?? '';
  return { pid, argv, cwd, startedMs: Date.parse(match[1] as string) || null, inspector: await inspectorOf(pid) };
}
