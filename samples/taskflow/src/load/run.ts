import { setTimeout as sleep } from 'node:timers/promises';
import { type Action, actionSequence, type Mix } from './actions.js';
import { Client } from './client.js';
import type { LoadOptions } from './options.js';
import { type RequestSummary, Results } from './results.js';
import { VirtualUser } from './virtual-user.js';
import { explore } from './world.js';

export interface LoadReport extends RequestSummary {
  url: string;
  users: number;
  seed: number;
  mix: Mix;
  /** Actions per second asked for; 0 for no pauses. */
  rate: number;
  durationMs: number;
  /** Over which the users joined one after the other. */
  rampMs: number;
  /** Whether all users began each of their actions at the same moment. */
  burst: boolean;
  actions: number;
  requestsPerSecond: number;
  /** The most requests that were under way at one time. */
  peakConcurrency: number;
  /** Changes that open live pages were sent. */
  liveUpdates: number;
  byRequest: Record<string, RequestSummary>;
}

export type RunOptions = Pick<LoadOptions, 'url' | 'users' | 'durationMs' | 'seed' | 'rate'> &
  Partial<Pick<LoadOptions, 'mix' | 'rampMs' | 'burst'>>;

interface Worker {
  user: VirtualUser;
  actions: Iterator<Action, never>;
}

/**
 * Lets the virtual users work until the time is over, or `stop` is aborted, and all of them have finished what they
 * were at. Rejects with an Error when the server cannot be reached or has no users or projects.
 */
export async function runLoad(options: RunOptions, stop?: AbortSignal): Promise<LoadReport> {
  const { users, seed, rate, mix = 'all', rampMs = 0, burst = false } = options;
  const { world, logins, deliberate } = await explore(options.url, users);
  const results = new Results(deliberate);
  const client = new Client(options.url, results);
  const workers = Array.from({ length: users }, (_, number): Worker => {
    const login = logins[number % logins.length];
    if (!login) throw new Error('Nobody has logged in.');
    return { user: new VirtualUser(number, world, client, login), actions: actionSequence(seed, number, mix) };
  });
  const begin = performance.now();
  const deadline = begin + options.durationMs;
  let actions = 0;

  const act = async ({ user }: Worker, action: Action): Promise<void> => {
    actions += 1;
    await user.perform(action);
  };

  const live = async (worker: Worker, number: number): Promise<void> => {
    const meanPauseMs = rate === 0 ? 0 : (users / rate) * 1_000;
    let next = begin + (rampMs * number) / users;
    for (;;) {
      const action = worker.actions.next().value;
      // Counted from the planned start of the action before, so that slow answers do not lower the rate.
      next = Math.max(next + 2 * action.pause * meanPauseMs, performance.now());
      if (next >= deadline || stop?.aborted) return;
      // Short naps: a stop is noticed soon, however long the pause.
      for (let wait = next - performance.now(); wait > 0; wait = next - performance.now()) {
        await sleep(Math.min(wait, 200));
        if (stop?.aborted) return;
      }
      await act(worker, action);
    }
  };

  const inStep = async (): Promise<void> => {
    while (performance.now() < deadline && !stop?.aborted) {
      await Promise.all(workers.map((worker) => act(worker, worker.actions.next().value)));
    }
  };

  try {
    await (burst ? inStep() : Promise.all(workers.map(live)));
  } finally {
    client.close();
  }
  const durationMs = performance.now() - begin;
  const total = results.total();
  return {
    url: options.url.href,
    users,
    seed,
    mix,
    rate: burst ? 0 : rate,
    durationMs: Math.round(durationMs),
    rampMs,
    burst,
    actions,
    requestsPerSecond: Math.round((total.requests / durationMs) * 10_000) / 10,
    peakConcurrency: client.peak,
    liveUpdates: client.liveUpdates,
    ...total,
    byRequest: results.perRequest(),
  };
}
