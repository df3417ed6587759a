import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TraceSession } from '../../src/tracer/session/session.ts';
import { type BenchRow, lower, median, spread } from './row.ts';
import { BenchTarget, runtime } from './target.ts';
import { functionAt, planOf, untilBound } from './tracing.ts';

interface Visit {
  readonly idlePause: number;
  readonly attachMs: number;
  readonly attachPause: number;
  readonly installMs: number;
  readonly boundMs: number;
  readonly installPause: number;
  readonly stopMs: number;
  readonly stopPause: number;
}

/**
 * What coming and going does to a target whose event loop turns about once a millisecond and calls 100 functions: time
 * to attach, to install 100 probes and to leave, and the longest the loop stood still in each, beside an equal time alone.
 */
export async function benchPresence(quick: boolean): Promise<BenchRow[]> {
  const visits: Visit[] = [];
  for (let i = 0; i < (quick ? 2 : 6); i++) visits.push(await visit());
  const of = (key: keyof Visit) => visits.map((one) => one[key]);
  const alone = `alone the loop stood still for ${spread(of('idlePause'), ' ms')}`;
  const figure = (
    id: string,
    what: string,
    key: keyof Visit,
    bounds: { aim?: number; floor?: number } = {},
    peer = '',
  ) => lower(`presence.${id}`, what, median(of(key)), 'ms', { ...bounds, peer: `rounds ${spread(of(key))} ms${peer}` });
  return [
    figure('attach', 'attaching to a process by pid', 'attachMs'),
    figure('attach.pause', 'longest pause of the target while attaching', 'attachPause', {}, `; ${alone}`),
    figure('install', 'installing 100 probes', 'installMs', { aim: 500 }),
    figure('install.bound', 'until all 100 are rebound and their breakpoints gone', 'boundMs'),
    figure(
      'install.pause',
      'longest pause of the target while installing',
      'installPause',
      { floor: 50, aim: 2 },
      `; ${alone}`,
    ),
    figure('detach', 'leaving', 'stopMs'),
    figure('detach.pause', 'longest pause of the target while leaving', 'stopPause', {}, `; ${alone}`),
  ];
}

async function visit(): Promise<Visit> {
  const out = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  const target = await BenchTarget.start('hundred.mjs', { node: runtime(24) });
  try {
    const longest = () => target.ask<number>('longest');
    await pause(300);
    await longest();
    await pause(300);
    const idlePause = await longest();
    const start = performance.now();
    const session = await TraceSession.attach({ targets: [{ pid: target.pid }], out });
    const attachMs = performance.now() - start;
    const attachPause = await longest();
    const installing = performance.now();
    const probes = Array.from({ length: 100 }, (_, i) => functionAt(`hundred-methods.mjs#Hundred.method${i}`));
    await session.install(planOf(probes), { auditMs: 0 });
    const installMs = performance.now() - installing;
    await untilBound(session);
    const boundMs = performance.now() - installing;
    const installPause = await longest();
    await pause(300);
    await longest();
    const stopping = performance.now();
    await session.stop();
    const stopMs = performance.now() - stopping;
    const stopPause = await longest();
    session.recording.close();
    return { idlePause, attachMs, attachPause, installMs, boundMs, installPause, stopMs, stopPause };
  } finally {
    await target.stop();
    rmSync(out, { recursive: true, force: true });
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
