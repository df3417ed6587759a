import { setTimeout as sleep } from 'node:timers/promises';
import { actionSequence } from './actions.js';
import { Client } from './client.js';
import type { LoadOptions } from './options.js';
import { type RequestSummary, Results } from './results.js';
import { VirtualUser, type World } from './virtual-user.js';

export interface LoadReport extends RequestSummary {
  url: string;
  users: number;
  seed: number;
  /** Actions per second asked for; 0 for no pauses. */
  rate: number;
  durationMs: number;
  actions: number;
  requestsPerSecond: number;
  byRequest: Record<string, RequestSummary>;
}

export type RunOptions = Pick<LoadOptions, 'url' | 'users' | 'durationMs' | 'seed' | 'rate'>;

/**
 * Lets the virtual users work until the time is over, or `stop` is aborted, and all of them have finished what they
 * were at. Rejects with an Error when the server cannot be reached or has no users or projects.
 */
export async function runLoad(options: RunOptions, stop?: AbortSignal): Promise<LoadReport> {
  const token = await logIn(options.url);
  const world = await explore(options.url, token);
  const results = new Results();
  const client = new Client(options.url, results, token);
  const begin = performance.now();
  const deadline = begin + options.durationMs;
  const meanPauseMs = options.rate === 0 ? 0 : (options.users / options.rate) * 1_000;
  let actions = 0;

  const live = async (number: number): Promise<void> => {
    const user = new VirtualUser(number, world, client);
    let next = begin;
    for (const action of actionSequence(options.seed, number)) {
      // Counted from the planned start of the action before, so that slow answers do not lower the rate.
      next = Math.max(next + 2 * action.pause * meanPauseMs, performance.now());
      if (next >= deadline || stop?.aborted) return;
      // Short naps: a stop is noticed soon, however long the pause.
      for (let wait = next - performance.now(); wait > 0; wait = next - performance.now()) {
        await sleep(Math.min(wait, 200));
        if (stop?.aborted) return;
      }
      actions += 1;
      await user.perform(action);
    }
  };

  try {
    await Promise.all(Array.from({ length: options.users }, (_, number) => live(number)));
  } finally {
    client.close();
  }
  const durationMs = performance.now() - begin;
  const total = results.total();
  return {
    url: options.url.href,
    users: options.users,
    seed: options.seed,
    rate: options.rate,
    durationMs: Math.round(durationMs),
    actions,
    requestsPerSecond: Math.round((total.requests / durationMs) * 10_000) / 10,
    ...total,
    byRequest: results.perRequest(),
  };
}

/** As the first seeded user: one session for all virtual users, so that none of them waits for a password hash. */
async function logIn(url: URL): Promise<string> {
  const client = new Client(url, new Results());
  try {
    const { status, body } = await client.send('POST /login', '/login', { login: 'user1', password: 'taskflow' });
    if (status === 401) {
      throw new Error(
        `The server at ${url.href} has no user "user1" with the password "taskflow"; start it with seed data.`,
      );
    }
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined;
    if (status !== 200 || typeof token !== 'string') throw new Error(noAnswer(url));
    return token;
  } finally {
    client.close();
  }
}

const noAnswer = (url: URL): string =>
  `TaskFlow does not answer at ${url.href}; start it, or give its address with --url.`;

async function explore(url: URL, token: string): Promise<World> {
  const client = new Client(url, new Results(), token);
  try {
    const users = await client.send('GET /users', '/users?limit=200');
    const projects = await client.send('GET /projects', '/projects?status=active&limit=200');
    if (users.status !== 200 || projects.status !== 200) {
      throw new Error(noAnswer(url));
    }
    const world = { userIds: idsIn(users.body, 'users'), projectIds: idsIn(projects.body, 'projects') };
    if (world.userIds.length === 0 || world.projectIds.length === 0) {
      throw new Error(`The server at ${url.href} has no users or no active projects; start it with seed data.`);
    }
    return world;
  } finally {
    client.close();
  }
}

function idsIn(body: unknown, key: string): number[] {
  const list = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
  return Array.isArray(list) ? list.map((item: { id: number }) => item.id) : [];
}
