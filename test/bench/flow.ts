import type { TraceSession } from '../../src/tracer/session/session.ts';
import { type BenchRow, higher, lower, median, quantile, round, spread } from './row.ts';
import { BenchTarget, runtime } from './target.ts';
import { functionAt, planOf, traced, UNLIMITED, until, untilBound } from './tracing.ts';

const STEP = 1.25;
const LEAST = 20_000;
const MOST = 1_000_000;
/** The last event may arrive this much after it was made, or the way does not keep up. */
const BEHIND_MS = 250;

/**
 * The whole way of an event: how many a second one target can send through agent, drain, correlation and store without
 * loss and without falling behind; and how long one takes from the call to a listener.
 */
export async function benchFlow(quick: boolean): Promise<BenchRow[]> {
  const target = await BenchTarget.start('flow.mjs', { node: runtime(24) });
  try {
    return await traced(target.pid, UNLIMITED, async (session) => {
      await session.install(planOf(['Work.step', 'Work.stamp'].map((name) => functionAt(`flow.mjs#${name}`))), {
        auditMs: 0,
      });
      await target.ask('pace', { perSecond: 1000, ms: 50 });
      await target.ask('stamps', { count: 1, everyMs: 1 });
      await untilBound(session);
      const idle = await latency(session, target, quick ? 50 : 200);
      const knees: number[] = [];
      for (let i = 0; i < (quick ? 1 : 3); i++) knees.push(await knee(session, target, quick ? 500 : 1000));
      return [
        higher(
          'flow.events',
          'events per second from one target to disk, no drops, in step',
          median(knees),
          'events/s',
          {
            floor: 100_000,
            aim: 200_000,
            peer: `rounds ${spread(knees)}; the next rate (${STEP} times as many) arrived more than ${BEHIND_MS} ms late`,
          },
        ),
        lower('flow.latency.p50', 'from a call to the listener in the host, p50', quantile(idle, 0.5), 'ms', {
          aim: 50,
        }),
        lower('flow.latency.p95', 'the same, p95', quantile(idle, 0.95), 'ms', {
          floor: 100,
          aim: 50,
          peer: `rounds ${spread(idle)} ms`,
        }),
      ];
    });
  } finally {
    await target.stop();
  }
}

/** Highest rate of events at which the last one arrives in time and none is lost. */
async function knee(session: TraceSession, target: BenchTarget, ms: number): Promise<number> {
  let best = 0;
  for (let rate = LEAST; rate <= MOST; rate *= STEP) {
    const before = session.recording.eventCount;
    const lostBefore = session.dropped;
    const { made, endMs } = await target.ask<{ made: number; endMs: number }>('pace', { perSecond: rate / 2, ms });
    await until('every event of a step', () => session.recording.eventCount >= before + made * 2, 1);
    const behind = Number(process.hrtime.bigint()) / 1e6 - endMs;
    if (session.dropped > lostBefore) throw new Error('events were dropped below the limits');
    if (behind > BEHIND_MS) return best;
    best = round((made * 2 * 1000) / ms);
  }
  return best;
}

/** Milliseconds from inside the call to `onEvents`, of single calls 10 ms apart. */
async function latency(session: TraceSession, target: BenchTarget, count: number): Promise<number[]> {
  const taken: number[] = [];
  const stop = session.onEvents((events) => {
    const now = Number(process.hrtime.bigint()) / 1e6;
    for (const event of events) {
      if (event.type === 'call.enter' && typeof event.args[0] === 'number' && event.args.length === 1)
        taken.push(now - event.args[0]);
    }
  });
  await target.ask('stamps', { count, everyMs: 10 });
  await until('every stamp', () => taken.length >= count);
  stop();
  return taken;
}
