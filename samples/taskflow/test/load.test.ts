import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { noFaults } from '../dist/faults.js';
import { type Action, type ActionKind, actionSequence, type Mix, mixes } from '../dist/load/actions.js';
import type { Answer, Caller } from '../dist/load/client.js';
import { Histogram } from '../dist/load/histogram.js';
import { parseOptions } from '../dist/load/options.js';
import { runLoad } from '../dist/load/run.js';
import { formatTable } from '../dist/load/table.js';
import { VirtualUser } from '../dist/load/virtual-user.js';
import { resetData, startApp } from './support.js';

/** A server that answers every request as `send` does, and shows every page. */
function fakeClient(send: Caller['send']): { as: () => Caller } {
  const watch: Caller['watch'] = async (name, path) => {
    await send(name, path);
    return () => {};
  };
  return { as: () => ({ send, watch }) };
}

const login = { username: 'user1', token: 'x' };

function take(count: number, seed: number, user: number, mix?: Mix): Action[] {
  const actions = actionSequence(seed, user, mix);
  return Array.from({ length: count }, () => actions.next().value);
}

describe('load generator', () => {
  it('the same seed and user give the same actions, another seed or user others', () => {
    assert.deepEqual(take(500, 1, 0), take(500, 1, 0));
    assert.notDeepEqual(take(20, 1, 0), take(20, 2, 0));
    assert.notDeepEqual(take(20, 1, 0), take(20, 1, 1));
  });

  for (const mix of ['all', 'tasks'] as const) {
    it(`mix ${mix}: every action comes as often as its weight says, and no other`, () => {
      const counts = new Map<ActionKind, number>();
      for (const { kind } of take(20_000, 3, 0, mix)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const weights = Object.entries(mixes[mix]);
      const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [kind, weight] of weights) {
        const expected = (20_000 * weight) / total;
        const seen = counts.get(kind as ActionKind) ?? 0;
        // Four standard deviations.
        assert.ok(Math.abs(seen - expected) < 4 * Math.sqrt(expected), `${kind}: ${seen} instead of about ${expected}`);
      }
      assert.equal(counts.size, weights.length);
    });
  }

  it('the same seed sends the same requests to a server that answers the same', async () => {
    const requests = async (seed: number): Promise<string[]> => {
      const sent: string[] = [];
      const client = fakeClient(async (name, path, body) => {
        sent.push(`${name} ${path} ${JSON.stringify(body)}`);
        return { status: name.startsWith('POST') ? 201 : 200, body: { id: sent.length, token: 'y' } };
      });
      const user = new VirtualUser(0, { userIds: [1, 2, 3, 4], projectIds: [1, 2] }, client, login);
      for (const action of take(400, seed, 0)) await user.perform(action);
      return sent;
    };
    const first = await requests(1);
    assert.ok(first.length > 400);
    for (const part of [
      '/summary',
      '/comments',
      '/live/dashboard',
      '/live/projects',
      '/recalculate',
      '/export',
      '/logout',
      '/reports',
    ]) {
      assert.ok(
        first.some((request) => request.includes(part)),
        `${part} is among the requests`,
      );
    }
    assert.deepEqual(first, await requests(1));
    assert.notDeepEqual(first, await requests(2));
  });

  it('a burst assigns several tasks to one user at once', async () => {
    let underWay = 0;
    let most = 0;
    const assigned = new Set<string>();
    const users = new Set<string>();
    let ids = 0;
    const client = fakeClient(async (name, path, body): Promise<Answer> => {
      if (name === 'POST /tasks/:id/assign') {
        underWay += 1;
        most = Math.max(most, underWay);
        assigned.add(path);
        users.add(JSON.stringify(body));
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
      }
      ids += 1;
      return { status: 201, body: { id: ids } };
    });
    const user = new VirtualUser(0, { userIds: [1, 2, 3, 4], projectIds: [1] }, client, login);
    await user.perform({ kind: 'assign-burst', place: 0, task: 0.5, person: 0.5, pause: 0 });
    assert.deepEqual([most, assigned.size, users.size], [5, 5, 1]);
  });

  it('runs against the application without an error and reports what it did', async () => {
    await resetData();
    const app = await startApp(noFaults);
    const options = { url: new URL(app.url), users: 8, durationMs: 700, seed: 1, rate: 0 };
    const report = await runLoad(options);
    const slots = await app.request('GET', '/stats/slots');
    const stats = await app.request<{ requests: { total: number } }>('GET', '/stats');
    await app.close();

    assert.deepEqual(report.errors, { http4xx: 0, http5xx: 0, deliberate5xx: 0, network: 0 });
    assert.equal(slots.body.consistent, true);
    const pages = Object.entries(report.byRequest).filter(([name]) => name.startsWith('WS '));
    const opened = pages.reduce((sum, [, { requests }]) => sum + requests, 0);
    // Five logins and three requests to look around before, and the one for the slots after. The server has not
    // answered those who still look at a live page.
    assert.equal(report.requests - opened, stats.body.requests.total - 9);
    assert.equal(
      report.requests,
      Object.values(report.byRequest).reduce((sum, one) => sum + one.requests, 0),
    );
    const { p50, p95, p99, max } = report.latencyMs;
    assert.ok(0 < p50 && p50 <= p95 && p95 <= p99 && p99 <= max);
    const table = formatTable(report).split('\n');
    assert.equal(table.length, Object.keys(report.byRequest).length + 8);
    assert.match(table.at(-1) ?? '', new RegExp(`^all +${report.requests} `));
  });

  it('holds the rate it is given', async () => {
    await resetData();
    const app = await startApp(noFaults);
    const report = await runLoad({ url: new URL(app.url), users: 10, durationMs: 1_500, seed: 1, rate: 60 });
    await app.close();
    assert.ok(report.actions > 45 && report.actions < 135, `${report.actions} actions instead of about 90`);
  });

  it('tells answers that a deliberate fault spoils from other failures', async () => {
    await resetData();
    const app = await startApp(new Set(['unhandled-exception']));
    const report = await runLoad({ url: new URL(app.url), users: 10, durationMs: 1_500, seed: 1, rate: 0 });
    await app.close();
    const exports = report.byRequest['GET /projects/:id/export'];
    assert.ok(exports && exports.requests > 0);
    assert.equal(exports.errors.deliberate5xx, exports.requests);
    assert.deepEqual(report.errors, { http4xx: 0, http5xx: 0, deliberate5xx: exports.requests, network: 0 });
    assert.match(formatTable(report), /deliberate/);
  });

  it('a burst has a thousand operations under way at once, and the server bears it', async () => {
    await resetData();
    const app = await startApp(noFaults);
    const options = { users: 1_000, durationMs: 1, seed: 1, rate: 0, burst: true };
    const report = await runLoad({ ...options, url: new URL(app.url) });
    const slots = await app.request('GET', '/stats/slots');
    await app.close();
    assert.equal(report.actions, 1_000);
    assert.ok(report.peakConcurrency >= 1_000, `${report.peakConcurrency} at once`);
    assert.deepEqual(report.errors, { http4xx: 0, http5xx: 0, deliberate5xx: 0, network: 0 });
    assert.equal(slots.body.consistent, true);
  }).timeout(60_000);

  it('a ramp lets the users join one after the other', async () => {
    /** When each virtual user, by its number, first made a task. */
    const joined = new Map<number, number>();
    const server = createServer(async (request, response) => {
      const number = /of virtual user (\d+)/.exec(await text(request))?.[1];
      if (number !== undefined && !joined.has(Number(number))) joined.set(Number(number), performance.now());
      response.end(JSON.stringify({ token: 'x', users: [{ id: 1, username: 'user1' }], projects: [{ id: 1 }] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const begin = performance.now();
    await runLoad({ url, users: 10, durationMs: 2_500, rampMs: 900, seed: 1, rate: 0, mix: 'tasks' });
    server.close();
    assert.equal(joined.size, 10);
    for (const [number, at] of joined) assert.ok(at - begin >= number * 90, `${number} joined after ${at - begin} ms`);
  });

  it('percentiles are right within a percent', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.add(ms);
    for (const [share, exact] of [
      [0.5, 500],
      [0.95, 950],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const measured = histogram.percentile(share);
      assert.ok(measured >= exact && measured <= exact * 1.0101, `p${share}: ${measured}`);
    }
    assert.equal(histogram.mean, 500.5);
    assert.equal(new Histogram().percentile(0.5), 0);
  });

  it('options: defaults, units, and one sentence for what is wrong', () => {
    const defaults = parseOptions([]);
    assert.deepEqual([defaults.users, defaults.durationMs, defaults.seed, defaults.rate], [20, 10_000, 1, 100]);
    assert.equal(parseOptions(['--duration', '250ms']).durationMs, 250);
    assert.equal(parseOptions(['--duration', '1.5m']).durationMs, 90_000);
    assert.equal(parseOptions(['--users', '7']).rate, 35);
    assert.equal(parseOptions(['--rate', '0']).rate, 0);
    assert.throws(() => parseOptions(['--duration', 'long']), /--duration is "long"; use a time/);
    assert.throws(() => parseOptions(['--duration', '0s']), /--duration is "0s"/);
    assert.throws(() => parseOptions(['--users', '0']), /--users is "0"; use a whole number from 1/);
    assert.throws(() => parseOptions(['--url', 'ftp://x']), /--url is "ftp:\/\/x"/);
    assert.throws(() => parseOptions(['--speed', '1']), /--speed/);
    const burst = parseOptions(['--burst', '1000', '--users', '3', '--ramp', '5s']);
    assert.deepEqual([burst.users, burst.burst, burst.rampMs], [1_000, true, 0]);
    assert.deepEqual([defaults.burst, defaults.mix, parseOptions(['--mix', 'tasks']).mix], [false, 'all', 'tasks']);
    assert.equal(parseOptions(['--ramp', '5s']).rampMs, 5_000);
    assert.throws(() => parseOptions(['--ramp', '11s']), /--ramp is "11s"; use a time that is not above --duration/);
    assert.throws(() => parseOptions(['--burst', '0']), /--burst is "0"/);
    assert.throws(() => parseOptions(['--mix', 'some']), /--mix is "some"; use one of all, tasks/);
  });
});
