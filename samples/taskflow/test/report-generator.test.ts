import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { RequestError } from '../dist/errors.js';
import { type Faults, noFaults } from '../dist/faults.js';
import { seededRandom } from '../dist/random.js';
import { bootstrap } from '../dist/reports/bootstrap.js';
import { calculateReport } from '../dist/reports/calculate.js';
import { renderCsv } from '../dist/reports/render-csv.js';
import { renderHtml } from '../dist/reports/render-html.js';
import type { Report, ReportPeriod, ReportTask } from '../dist/reports/report.js';
import { type ReportFormat, ReportGenerator } from '../dist/reports/report-generator.js';
import { ReportPool } from '../dist/reports/report-pool.js';
import { ReportRepository } from '../dist/reports/report-repository.js';
import { FileStorageClient } from '../dist/storage/file-storage-client.js';
import { resetData, startApp, testDatabase, until } from './support.js';

const year2026: ReportPeriod = { kind: 'annual', year: 2026, month: null };
const february: ReportPeriod = { kind: 'monthly', year: 2028, month: 2 };

const task = (fields: Partial<ReportTask>): ReportTask => ({
  projectId: 1,
  projectName: 'Garden',
  priority: 'low',
  createdAt: new Date('2026-03-05T10:00:00Z'),
  completedAt: null,
  ...fields,
});

describe('report', () => {
  it('counts what was created and completed in each month, and nothing outside of the year', () => {
    const tasks = [
      task({}),
      task({ priority: 'high', completedAt: new Date('2026-12-31T23:59:59.999Z') }),
      task({
        projectId: 2,
        projectName: 'House',
        createdAt: new Date('2025-12-31T23:59:59Z'),
        completedAt: new Date('2026-03-05T10:00:00Z'),
      }),
      task({ projectId: 2, projectName: 'House', completedAt: new Date('2027-01-01T00:00:00Z') }),
    ];
    const report = calculateReport({ period: year2026, tasks, draws: 3_650 });
    assert.equal(report.flow.length, 12);
    assert.deepEqual(report.flow[2], { label: '2026-03', created: 3, completed: 1 });
    assert.deepEqual(report.flow[11], { label: '2026-12', created: 0, completed: 1 });
    assert.deepEqual(report.byProject, [
      { label: 'Garden', created: 2, completed: 1 },
      { label: 'House', created: 1, completed: 1 },
    ]);
    assert.deepEqual(report.byPriority, { low: 2, medium: 0, high: 1 });
    assert.equal(report.throughput.mean, 2 / 365);
    assert.equal(report.throughput.resamples, 10);
  });

  it("knows the days of a leap year's February", () => {
    const created = [task({ createdAt: new Date('2028-02-29T12:00:00Z') })];
    const { flow } = calculateReport({ period: february, tasks: created, draws: 1 });
    assert.equal(flow.length, 29);
    assert.deepEqual(flow[28], { label: '2028-02-29', created: 1, completed: 0 });
  });

  it('the intervals hold what was observed, are narrow for even values, and the same every time', () => {
    const values = Array.from({ length: 100 }, (_, index) => index % 10);
    const halves = values.map((_, index) => (index < 50 ? 0 : 1));
    const estimate = bootstrap(values, halves, 200_000, seededRandom(1));
    const { mean, sums } = estimate;
    assert.equal(mean.mean, 4.5);
    assert.ok(mean.low > 3.8 && mean.low < 4.5 && mean.high > 4.5 && mean.high < 5.2);
    assert.equal(sums.length, 2);
    assert.ok(sums[0] && sums[0].low < 225 && sums[0].high > 225 && sums[0].high < 290);
    assert.deepEqual([(sums[1]?.low ?? 0) / 100, (sums[1]?.high ?? 0) / 100], [mean.low, mean.high]);
    assert.deepEqual(bootstrap(values, halves, 200_000, seededRandom(1)), estimate);
    const even = bootstrap([3, 3, 3], [0, 1, 2], 300, seededRandom(1));
    assert.deepEqual([even.mean.low, even.mean.mean, even.mean.high], [3, 3, 3]);
    assert.deepEqual(
      even.sums.map(({ low, high }) => [low, high]),
      [3, 6, 9].map((sum) => [sum, sum]),
    );
  });

  it('holds tens of megabytes while it works', async () => {
    // In a process of its own, where nothing else waits to be collected; what was held is still there right after.
    const program = `
      import { calculateReport } from ${JSON.stringify(new URL('../dist/reports/calculate.js', import.meta.url))};
      const before = process.memoryUsage().arrayBuffers;
      calculateReport({ period: ${JSON.stringify(year2026)}, tasks: [], draws: 90_000_000 });
      console.log(process.memoryUsage().arrayBuffers - before);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    const held = Number(stdout);
    assert.ok(held > 20_000_000 && held < 100_000_000, `${stdout.trim()} bytes`);
  });

  it('as a table: one line each, safe for spreadsheets', () => {
    const tasks = [task({ projectName: '=1+1' }), task({ projectId: 2, projectName: 'Fence, "red"' })];
    const lines = renderCsv(calculateReport({ period: year2026, tasks, draws: 1 })).split('\r\n');
    assert.equal(lines[0], 'section,label,created,completed');
    assert.ok(lines.includes('time,2026-03,2,0'));
    assert.ok(lines.includes("project,'=1+1,1,0"));
    assert.ok(lines.includes('project,"Fence, ""red""",1,0'));
    assert.equal(lines.at(-1), '');
    assert.equal(lines.length, 1 + 12 + 2 + 3 + 1);
  });

  it('as a page: names are text, and every month has its bars', () => {
    const tasks = [task({ projectName: '<script>alert(1)</script>' })];
    const html = renderHtml(calculateReport({ period: year2026, tasks, draws: 1 }));
    assert.ok(html.includes('<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>1</td><td>0</td>'));
    assert.equal(html.match(/<rect /g)?.length, 24);
    assert.ok(!html.includes('<script>'));
  });
});

describe('FileStorageClient', () => {
  it('keeps files until it is closed, and fails when told to', async () => {
    const storage = new FileStorageClient();
    await storage.write('a.csv', 'one');
    assert.equal(await text(await storage.read('a.csv')), 'one');
    storage.failing = 'read';
    await assert.rejects(storage.read('a.csv'), /told to fail at reading/);
    storage.failing = 'write';
    await assert.rejects(storage.write('a.csv', 'two'), /told to fail at writing/);
    assert.equal(await text(await storage.read('a.csv')), 'one');
    await storage.delete('a.csv');
    await storage.delete('a.csv');
    await assert.rejects(storage.read('a.csv'), { code: 'ENOENT' });
    await storage.close();
  });

  it('tries again to make its directory when that has failed', async () => {
    const { TMPDIR } = process.env;
    const storage = new FileStorageClient();
    try {
      process.env.TMPDIR = join(tmpdir(), 'taskflow-no-such-directory');
      await assert.rejects(storage.write('a.csv', 'one'), { code: 'ENOENT' });
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    await storage.write('a.csv', 'one');
    assert.equal(await text(await storage.read('a.csv')), 'one');
    await storage.close();
  });

  it('takes no name that leads elsewhere', async () => {
    const storage = new FileStorageClient();
    for (const name of ['../a', 'a/b', '.hidden', '', 'A']) {
      await assert.rejects(storage.write(name, 'x'), /cannot be a file's name here/);
    }
    await storage.close();
  });
});

describe('ReportGenerator', () => {
  const open: ReportGenerator[] = [];
  const errors: string[] = [];
  let storage: FileStorageClient;

  beforeEach(async () => {
    await resetData({ users: 3, projects: 2, tasks: 20 });
    errors.length = 0;
  });

  afterEach(() => Promise.all(open.splice(0).map((reports) => reports.close())));

  const start = async (faults: Faults, draws = { annual: 1_000, monthly: 1_000 }): Promise<ReportGenerator> => {
    storage = new FileStorageClient();
    const data = new ReportRepository((await testDatabase()).pool);
    const log = { error: (...parts: unknown[]) => void errors.push(parts.map(String).join(' ')) };
    const reports = new ReportGenerator({ data, pool: new ReportPool(), storage, faults, log }, draws);
    open.push(reports);
    return reports;
  };

  const now = new Date();
  const thisYear: ReportPeriod = { kind: 'annual', year: now.getUTCFullYear(), month: null };

  it('makes a report of the tasks in the database, in both formats', async () => {
    const reports = await start(noFaults);
    const { id, status } = reports.begin(thisYear);
    assert.equal(status, 'running');
    await assert.rejects(reports.open(id, 'csv'), { statusCode: 409, message: /^Report 1 is being made/ });
    await until('the report is done', () => reports.find(id).status === 'done', 15_000);
    const read = async (format: ReportFormat): Promise<string> => text((await reports.open(id, format)).content);
    const created = [...(await read('csv')).matchAll(/^time,[\d-]+,(\d+),/gm)].map((match) => Number(match[1]));
    assert.equal(
      created.reduce((sum, tasks) => sum + tasks, 0),
      20,
    );
    assert.match(await read('html'), /^<!doctype html>[\s\S]*<svg[\s\S]*<\/html>\n$/);
  });

  it('a storage that fails makes the report fail, and the next one is made', async () => {
    const reports = await start(noFaults);
    storage.failing = 'write';
    const failed = reports.begin(thisYear);
    await until('the report has failed', () => reports.find(failed.id).status === 'failed', 15_000);
    await assert.rejects(reports.open(failed.id, 'csv'), { statusCode: 409, message: /^Report 1 could not be made/ });
    assert.match(errors[0] ?? '', /told to fail at writing/);
    storage.failing = 'none';
    const next = reports.begin(thisYear);
    await until('the next report is done', () => reports.find(next.id).status === 'done', 15_000);
  });

  it('closes while reports are being made, and leaves no file behind', async () => {
    const mine = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith(`taskflow-files-${process.pid}-`));
    const reports = await start(noFaults);
    for (let count = 0; count < 10; count += 1) reports.begin(thisYear);
    await until('the first are done', () => reports.find(1).status === 'done', 15_000);
    assert.equal((await mine()).length, 1);
    await reports.close();
    for (let id = 1; id <= 10; id += 1) assert.notEqual(reports.find(id).status, 'running');
    assert.deepEqual(await mine(), []);
  });

  it('quick ones wait for each other up to a limit', async () => {
    const reports = await start(noFaults);
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => reports.quick(now)));
    const refused = asked.filter((one) => one.status === 'rejected').map((one) => one.reason as RequestError);
    assert.deepEqual(
      refused.map((error) => error.statusCode),
      [429, 429],
    );
    assert.match(refused[0]?.message ?? '', /^4 quick reports are being made; try again/);
    await reports.quick(now);
  });

  it('refuses when too many are being made', async () => {
    const reports = await start(noFaults);
    for (let count = 0; count < 20; count += 1) reports.begin(thisYear);
    assert.throws(() => reports.begin(thisYear), { statusCode: 429, message: /^20 reports are being made/ });
    await until('all are done', () => reports.find(20).status === 'done' && reports.find(1).status === 'done', 15_000);
    assert.equal(reports.begin(thisYear).id, 21);
  });

  for (const [name, faults, blocks] of [
    ['on', new Set(['blocking-report'] as const), true],
    ['off', noFaults, false],
  ] as const) {
    it(`fault blocking-report ${name}: other work ${blocks ? 'waits for' : 'goes on during'} a calculation`, async () => {
      const reports = await start(faults, { annual: 1_000, monthly: 20_000_000 });
      const { pool } = await testDatabase();
      let underWay = true;
      let served = 0;
      const quick = reports.quick(now).finally(() => {
        underWay = false;
      });
      // Its tasks have been read when the first of these has been answered: one connection, in order.
      while (underWay && served < 10) {
        await pool.query('SELECT 1');
        served += 1;
      }
      const report = await quick;
      assert.equal(report.byPriority.low + report.byPriority.medium + report.byPriority.high, 20);
      if (blocks) assert.ok(served < 5, `${served} statements answered`);
      else assert.equal(served, 10);
    });
  }
});

describe('report routes', () => {
  it('begin, ask, download; and what is wrong with a request', async () => {
    await resetData({ users: 2, projects: 1, tasks: 5 });
    const app = await startApp(noFaults);
    const now = new Date();
    const month = { kind: 'monthly', year: now.getUTCFullYear(), month: now.getUTCMonth() + 1 };
    const begun = await app.request<{ id: number; status: string }>('POST', '/reports', month);
    assert.deepEqual([begun.status, begun.body.id, begun.body.status], [202, 1, 'running']);
    const status = async (): Promise<unknown> => (await app.request('GET', '/reports/1')).body.status;
    await until('the report is done', async () => (await status()) === 'done', 20_000);
    const headers = { authorization: `Bearer ${app.token}` };
    const csv = await fetch(`${app.url}/reports/1/download`, { headers });
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.match(csv.headers.get('content-disposition') ?? '', /^attachment; filename="tasks-\d{4}-\d{2}\.csv"$/);
    assert.match(await csv.text(), /^section,label,created,completed\r\n/);
    const html = await fetch(`${app.url}/reports/1/download?format=html`, { headers });
    assert.match(html.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.match(await html.text(), /^<!doctype html>/);
    const quick = await app.request<Report>('GET', '/reports/quick');
    assert.equal(
      quick.body.flow.reduce((sum, { created }) => sum + created, 0),
      5,
    );

    await app.request('POST', '/reports/storage', { fail: 'read' });
    assert.equal((await app.request('GET', '/reports/1/download')).status, 500);
    const wrong: [string, string, object | undefined, number, RegExp][] = [
      ['POST', '/reports', { kind: 'monthly', year: 2026 }, 400, /^A monthly report needs a month/],
      ['POST', '/reports', { kind: 'annual', year: 2026, month: 1 }, 400, /^A monthly report needs a month/],
      ['POST', '/reports', { kind: 'weekly', year: 2026 }, 400, /body\/kind must be equal to one of/],
      ['POST', '/reports/storage', { fail: 'always' }, 400, /body\/fail must be equal to one of/],
      ['GET', '/reports/99', undefined, 404, /^Report 99 does not exist/],
      ['GET', '/reports/1/download?format=pdf', undefined, 400, /querystring\/format must be equal/],
    ];
    for (const [method, path, body, code, message] of wrong) {
      const reply = await app.request(method, path, body);
      assert.equal(reply.status, code, path);
      assert.match(String(reply.body.message), message);
    }
    await app.close();
  });
});
