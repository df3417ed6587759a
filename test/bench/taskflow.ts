import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Strategy } from '../../src/tracer/plan/plan.ts';
import { TraceSession } from '../../src/tracer/session/session.ts';
import { type BenchRow, lower, median, round, spread } from './row.ts';
import { endChild, freePort, root, runtime } from './target.ts';
import { until } from './tracing.ts';

const run = promisify(execFile);
const FOLDER = join(root, 'samples', 'taskflow');
const USERS = 50;
const ACTIONS_PER_SECOND = 60;
const QUESTION = 'What is slow, and what can go wrong?';
const FLOORS = { balanced: { floor: 5, aim: 1 }, full: { floor: 15, aim: 5 } } as const;

interface Round {
  readonly mean: number;
  readonly p95: number;
  readonly cpuMs: number;
}
interface Observed extends Round {
  readonly probes: number;
  readonly events: number;
  readonly dropped: number;
}
interface Pair {
  readonly without: Round;
  readonly within: Observed;
}

/**
 * Response time of TaskFlow under a steady, moderate load, with the balanced and the full plan that NodeScope makes for
 * it and without NodeScope, the same seeded load in turn against one process; attached and left again each time.
 */
export async function benchTaskflow(quick: boolean): Promise<BenchRow[]> {
  await build();
  const port = await freePort();
  const child = spawn(runtime(24), [`--inspect-port=${await freePort()}`, 'dist/main.js'], {
    cwd: FOLDER,
    env: { ...process.env, NODE_OPTIONS: '', PORT: String(port), TASKFLOW_FAULTS: 'none', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    await until('TaskFlow listens', () => said.includes('listening'), 20);
    const url = `http://127.0.0.1:${port}`;
    const seconds = quick ? 3 : 5;
    const pid = child.pid as number;
    await load(url, pid, 4);
    const pairs: Record<'balanced' | 'full', Pair[]> = { balanced: [], full: [] };
    for (let i = 0; i < (quick ? 2 : 4); i++) {
      for (const strategy of ['balanced', 'full'] as const) {
        const without = await load(url, pid, seconds);
        pairs[strategy].push({ without, within: await attachedLoad(url, pid, strategy, seconds) });
      }
    }
    return [...rows('balanced', pairs.balanced), ...rows('full', pairs.full)];
  } finally {
    await endChild(child);
  }
}

function rows(strategy: 'balanced' | 'full', pairs: readonly Pair[]): BenchRow[] {
  const without = (key: keyof Round) => pairs.map((pair) => pair.without[key]);
  const within = (key: keyof Observed) => pairs.map((pair) => pair.within[key]);
  const more = (key: keyof Round) => pairs.map((pair) => (100 * pair.within[key]) / pair.without[key] - 100);
  const middle = (key: keyof Observed) => round(median(within(key)));
  const times = (['mean', 'p95'] as const).map((key) => {
    const peer = `rounds ${spread(more(key), '%')}; ${spread(without(key))} ms without, ${spread(within(key))} ms with`;
    const what = `TaskFlow, ${strategy} plan: ${key} response time, more by`;
    return lower(`taskflow.${strategy}.${key}`, what, median(more(key)), '%', { ...FLOORS[strategy], peer });
  });
  const cpu = pairs.map((pair) => (pair.within.cpuMs - pair.without.cpuMs) / 10);
  const peer =
    `rounds ${spread(cpu)}; ${spread(without('cpuMs'))} ms a second without; ${middle('probes')} probes, ` +
    `${middle('events')} events/s, ${middle('dropped')} dropped`;
  const what = `TaskFlow, ${strategy} plan: main thread, more by (of one processor)`;
  return [...times, lower(`taskflow.${strategy}.cpu`, what, median(cpu), '%', { peer })];
}

async function attachedLoad(url: string, pid: number, strategy: Strategy, seconds: number): Promise<Observed> {
  const out = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  const session = await TraceSession.attach({ targets: [{ pid }], out, workspace: FOLDER });
  try {
    // Planned and settled under load, as when somebody attaches to a busy application; measured afterwards.
    const settling = load(url, pid, 3);
    await session.install(await session.planFor(QUESTION, strategy));
    await settling;
    const before = session.recording.eventCount;
    const round = await load(url, pid, seconds);
    const events = (session.recording.eventCount - before) / seconds;
    return {
      ...round,
      events,
      probes: session.probes().filter((probe) => probe.status !== 'failed').length,
      dropped: session.dropped,
    };
  } finally {
    await session.stop();
    session.recording.close();
    // The target closes its inspector shortly after we have left; attaching before that would meet a closing one.
    await new Promise((resolve) => setTimeout(resolve, 400));
    rmSync(out, { recursive: true, force: true });
  }
}

/** One run of the sample's own load generator; `cpuMs` is the main thread's time per second. */
async function load(url: string, pid: number, seconds: number): Promise<Round> {
  const before = mainThreadMs(pid);
  // Without reports, logins and the like: a few heavy requests would decide the mean of a round.
  const mix = ['--mix', 'tasks'];
  const args = [
    'dist/load/main.js',
    '--url',
    url,
    '--users',
    String(USERS),
    '--rate',
    String(ACTIONS_PER_SECOND),
    ...mix,
  ];
  const { stdout } = await run(process.execPath, [...args, '--duration', `${seconds}s`, '--json'], { cwd: FOLDER });
  const { latencyMs, errors, durationMs } = JSON.parse(stdout) as {
    latencyMs: { mean: number; p95: number };
    errors: { http5xx: number; network: number };
    durationMs: number;
  };
  if (errors.http5xx + errors.network > 0) throw new Error('TaskFlow failed requests under load');
  return { mean: latencyMs.mean, p95: latencyMs.p95, cpuMs: ((mainThreadMs(pid) - before) * 1000) / durationMs };
}

function mainThreadMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

async function build(): Promise<void> {
  if (existsSync(join(FOLDER, 'dist', 'main.js'))) return;
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER });
  await run('npm', ['run', 'build'], { cwd: FOLDER });
}
