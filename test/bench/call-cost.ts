import type { TraceSession } from '../../src/tracer/session/session.ts';
import { Inspector } from '../../src/tracer/target/inspector.ts';
import { openInspector } from '../../src/tracer/target/open-inspector.ts';
import { type BenchRow, lower, median, round, spread } from './row.ts';
import { BenchTarget, runtime } from './target.ts';
import { functionAt, planOf, traced, UNLIMITED, until, untilBound } from './tracing.ts';

type Kind = 'sync' | 'later';
/** Calls in a burst: about as many records as the buffer takes and the transport then carries in a fraction of a second. */
const BURST = 30_000;
/** Untraced calls are so short that a burst as small would be over between two ticks of the system's clock. */
const PLAIN_BURST = { sync: 4_000_000, later: 100_000 };
const BREAKPOINT_BURST = 300;
const EVENTS_PER_CALL = { sync: 2, later: 3 };
const METHOD = { sync: 'Basket.add', later: 'Basket.addLater' };

/**
 * What one traced call costs the main thread: nanoseconds of a call in a process that is traced minus the same in one
 * that is not, bursts of both in turn, the drain of the traced one running; beside a breakpoint with the condition `false`.
 * All in processor time of the main thread.
 */
export async function benchCallCost(quick: boolean): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const major of [20, 24, 26] as const) rows.push(...(await oneRuntime(major, quick ? 5 : 15)));
  return rows;
}

async function oneRuntime(major: 20 | 24 | 26, rounds: number): Promise<BenchRow[]> {
  const node = runtime(major);
  const plain = await BenchTarget.start('calls.mjs', { node });
  const observed = await BenchTarget.start('calls.mjs', { node });
  const stopped = await BenchTarget.start('calls.mjs', { node });
  try {
    const rows: BenchRow[] = [];
    const breakpoints = await breakpointCost(stopped);
    await traced(observed.pid, UNLIMITED, async (session) => {
      await session.install(planOf(Object.values(METHOD).map((name) => functionAt(`calls.mjs#${name}`))), {
        auditMs: 0,
      });
      for (const kind of ['sync', 'later'] as const) await observed.ask(kind, 10);
      await untilBound(session);
      for (const kind of ['sync', 'later'] as const) {
        const without: number[] = [];
        const within: number[] = [];
        const handing: number[] = [];
        for (let i = -2; i < rounds; i++) {
          const a = await plain.ask<number>(kind, PLAIN_BURST[kind]);
          const b = await burst(session, observed, kind);
          // The first two let the compiler settle.
          if (i < 0) continue;
          without.push(a);
          within.push(b.call);
          handing.push(b.withHandingOver - a);
        }
        rows.push(row(major, kind, without, within, breakpoints[kind]));
        const what = `Node ${major}: the same, with taking its events out of the process`;
        rows.push(
          lower(`call.${kind}.node${major}.total`, what, median(handing), 'ns', {
            peer: `rounds ${spread(handing)} ns`,
          }),
        );
      }
    });
    return rows;
  } finally {
    await Promise.all([plain.stop(), observed.stop(), stopped.stop()]);
  }
}

/**
 * Main-thread nanoseconds per call of a burst whose every event arrived: during the burst, and until the last event was
 * out (most of the drain comes after so short a burst).
 */
async function burst(
  session: TraceSession,
  target: BenchTarget,
  kind: Kind,
): Promise<{ call: number; withHandingOver: number }> {
  const before = session.recording.eventCount;
  const start = await target.ask<number>('cpu');
  const ns = await target.ask<number>(kind, BURST);
  const expected = before + BURST * EVENTS_PER_CALL[kind];
  await until('every event of a burst', () => session.recording.eventCount >= expected);
  if (session.dropped > 0) throw new Error(`${session.dropped} events were dropped while measuring`);
  return { call: ns, withHandingOver: ((await target.ask<number>('cpu')) - start) / BURST };
}

function row(major: number, kind: Kind, without: number[], within: number[], breakpoint: number): BenchRow {
  const plain = median(without);
  const cost = median(within) - plain;
  const what = `Node ${major}: a traced ${kind === 'sync' ? 'synchronous' : 'async'} call costs, dropped 0`;
  const peer =
    `untraced ${spread(without)} ns, traced ${spread(within)} ns, ratio ${round(median(within) / plain)}; ` +
    `breakpoint with condition false ${round(breakpoint / 1000)} us more, ${round(breakpoint / cost)} times as much`;
  return lower(`call.${kind}.node${major}`, what, cost, 'ns', { peer, ...(major >= 24 ? { aim: 1000 } : {}) });
}

/** Nanoseconds that a breakpoint whose condition is false adds to a call. */
async function breakpointCost(target: BenchTarget): Promise<Record<Kind, number>> {
  const before = { sync: 0, later: 0 };
  for (const kind of ['sync', 'later'] as const) {
    await target.ask(kind, PLAIN_BURST[kind]);
    before[kind] = await target.ask<number>(kind, PLAIN_BURST[kind]);
  }
  const inspector = await Inspector.connect((await openInspector(target.pid)).url);
  try {
    await inspector.send('Debugger.enable');
    const result = { sync: 0, later: 0 };
    for (const [kind, text] of [
      ['sync', '  add(count, item) {'],
      ['later', '  async addLater('],
    ] as const) {
      const line = await lineOf(inspector, text);
      await inspector.send('Debugger.setBreakpointByUrl', {
        urlRegex: 'calls\\.mjs$',
        lineNumber: line + 1,
        condition: 'false',
      });
      const after: number[] = [];
      for (let i = 0; i < 5; i++) after.push(await target.ask<number>(kind, BREAKPOINT_BURST));
      result[kind] = median(after) - before[kind];
    }
    return result;
  } finally {
    await inspector.close();
  }
}

/** Zero-based line of the target's script that starts with `text`. */
async function lineOf(inspector: Inspector, text: string): Promise<number> {
  const expression = `process.getBuiltinModule ? process.getBuiltinModule('node:fs').readFileSync(process.argv[1], 'utf8') : require('node:fs').readFileSync(process.argv[1], 'utf8')`;
  const { result } = await inspector.send<{ result: { value: string } }>('Runtime.evaluate', {
    expression,
    returnByValue: true,
    includeCommandLineAPI: true,
  });
  const index = result.value.split('\n').findIndex((line) => line.startsWith(text));
  if (index < 0) throw new Error(`${text} is not in the target`);
  return index;
}
