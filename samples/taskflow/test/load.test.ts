import assert from 'node:assert/strict';
import { noFaults } from '../dist/faults.js';
import { type ActionKind, actionSequence, actionWeights } from '../dist/load/actions.js';
import { Histogram } from '../dist/load/histogram.js';
import { parseOptions } from '../dist/load/options.js';
import { runLoad } from '../dist/load/run.js';
import { formatTable } from '../dist/load/table.js';
import { VirtualUser } from '../dist/load/virtual-user.js';
import { resetData, startApp } from './support.js';

function take(
  count: number,
  seed: number,
  user: number,
): ReturnType<typeof actionSequence> extends Iterator<infer A> ? A[] : never {
  const actions = actionSequence(seed, user);
  return Array.from({ length: count }, () => actions.next().value);
}

describe('load generator', () => {
  it('the same seed and user give the same actions, another seed or user others', () => {
    assert.deepEqual(take(500, 1, 0), take(500, 1, 0));
    assert.notDeepEqual(take(20, 1, 0), take(20, 2, 0));
    assert.notDeepEqual(take(20, 1, 0), take(20, 1, 1));
  });

  it('every action comes as often as its weight says', () => {
    const counts = new Map<ActionKind, number>();
    for (const { kind } of take(20_000, 3, 0)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const total = Object.values(actionWeights).reduce((sum, weight) => sum + weight, 0);
    for (const [kind, weight] of Object.entries(actionWeights)) {
      const expected = (20_000 * weight) / total;
      const seen = counts.get(kind as ActionKind) ?? 0;
      assert.ok(Math.abs(seen - expected) < expected * 0.25, `${kind}: ${seen} instead of about ${expected}`);
    }
  });

  it('the same seed sends the same requests to a server that answers the same', async () => {
    const requests = async (seed: number): Promise<string[]> => {
      const sent: string[] = [];
      const send = async (name: string, path: string, body?: object): Promise<{ status: number; body: object }> => {
        sent.push(`${name} ${path} ${JSON.stringify(body)}`);
        return { status: name.endsWith('/tasks') ? 201 : 200, body: { id: sent.length } };
      };
      const user = new VirtualUser(0, { userIds: [1, 2, 3, 4], projectIds: [1, 2] }, { send });
      for (const action of take(400, seed, 0)) await user.perform(action);
      return sent;
    };
    const first = await requests(1);
    assert.ok(first.length > 400);
    assert.deepEqual(first, await requests(1));
    assert.notDeepEqual(first, await requests(2));
  });

  it('a burst assigns several tasks to one user at once', async () => {
    let underWay = 0;
    let most = 0;
    const assigned = new Set<string>();
    const users = new Set<string>();
    let ids = 0;
    const send = async (name: string, path: string, body?: object): Promise<{ status: number; body: object }> => {
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
    };
    const user = new VirtualUser(0, { userIds: [1, 2, 3, 4], projectIds: [1] }, { send });
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

    assert.deepEqual(report.errors, { http4xx: 0, http5xx: 0, network: 0 });
    assert.equal(slots.body.consistent, true);
    // Logging in and two requests to look around before, and the one for the slots after.
    assert.equal(report.requests, stats.body.requests.total - 4);
    assert.equal(
      report.requests,
      Object.values(report.byRequest).reduce((sum, one) => sum + one.requests, 0),
    );
    const { p50, p95, p99, max } = report.latencyMs;
    assert.ok(0 < p50 && p50 <= p95 && p95 <= p99 && p99 <= max);
    const table = formatTable(report).split('\n');
    assert.equal(table.length, Object.keys(report.byRequest).length + 7);
    assert.match(table.at(-1) ?? '', new RegExp(`^all +${report.requests} `));
  });

  it('holds the rate it is given', async () => {
    await resetData();
    const app = await startApp(noFaults);
    const report = await runLoad({ url: new URL(app.url), users: 10, durationMs: 1_500, seed: 1, rate: 60 });
    await app.close();
    assert.ok(report.actions > 45 && report.actions < 135, `${report.actions} actions instead of about 90`);
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
  });
});
