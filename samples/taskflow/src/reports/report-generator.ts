import type { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { conflict, notFound, RequestError } from '../errors.js';
import type { Faults } from '../faults.js';
import type { FileStorageClient } from '../storage/file-storage-client.js';
import { calculateReport } from './calculate.js';
import { nameOf } from './period.js';
import type { Report, ReportInput, ReportKind, ReportPeriod } from './report.js';
import type { ReportPool } from './report-pool.js';
import type { ReportRepository } from './report-repository.js';

export type ReportFormat = 'csv' | 'html';
export type ReportStatus = 'running' | 'done' | 'failed';

/** A report that was asked for, as the one who asked sees it. */
export interface ReportJob {
  id: number;
  period: ReportPeriod;
  status: ReportStatus;
  /** Why it failed, and what to do. */
  message: string | null;
}

// What the estimate of each kind costs: a second or so for a year, half of that for a month.
const DRAWS: Record<ReportKind, number> = { annual: 90_000_000, monthly: 20_000_000 };
const MOST_RUNNING = 20;
// As many quick reports as threads make at a time, and as many again that wait: a reader gives up sooner than more.
const MOST_QUICK = 4;
const MOST_KEPT = 100;

interface Parts {
  data: ReportRepository;
  pool: ReportPool;
  storage: FileStorageClient;
  faults: Faults;
  log: Pick<FastifyBaseLogger, 'error'>;
}

/** Makes reports in the background and keeps the latest of them as files. */
export class ReportGenerator {
  private readonly jobs = new Map<number, ReportJob>();
  private readonly underWay = new Set<Promise<void>>();
  private lastId = 0;
  private quickOnes = 0;
  private closed = false;

  constructor(
    private readonly parts: Parts,
    private readonly draws: Readonly<Record<ReportKind, number>> = DRAWS,
  ) {}

  /** Begins a report and returns at once. Throws a 429 when too many are being made. */
  begin(period: ReportPeriod): ReportJob {
    const running = [...this.jobs.values()].filter((job) => job.status === 'running').length;
    if (running >= MOST_RUNNING)
      throw new RequestError(429, `${running} reports are being made; wait for one of them.`);
    this.lastId += 1;
    const job: ReportJob = { id: this.lastId, period, status: 'running', message: null };
    this.jobs.set(job.id, job);
    const making = this.make(job).finally(() => this.underWay.delete(making));
    this.underWay.add(making);
    return job;
  }

  /** Throws a 404 for a report that never was, or is no longer kept. */
  find(id: number): ReportJob {
    const job = this.jobs.get(id);
    if (!job) throw notFound('Report', id);
    return job;
  }

  /** Rejects with 404 for an unknown report, 409 for one that is not done. */
  async open(id: number, format: ReportFormat): Promise<{ name: string; content: Readable }> {
    const job = this.find(id);
    if (job.status === 'running') throw conflict(`Report ${id} is being made; ask again in a moment.`);
    if (job.status === 'failed') throw conflict(job.message ?? '');
    return {
      name: `tasks-${nameOf(job.period)}.${format}`,
      content: await this.parts.storage.read(fileOf(id, format)),
    };
  }

  /** The report of the month that `now` lies in, as data. Rejects with 429 when too many are being made. */
  async quick(now: Date): Promise<Report> {
    const period: ReportPeriod = { kind: 'monthly', year: now.getUTCFullYear(), month: now.getUTCMonth() + 1 };
    if (this.parts.faults.has('blocking-report')) {
      // FAULT blocking-report: calculated on the main thread, which serves nobody else until it is done.
      return calculateReport(await this.inputFor(period));
    }
    if (this.quickOnes >= MOST_QUICK) {
      throw new RequestError(429, `${this.quickOnes} quick reports are being made; try again in a moment.`);
    }
    this.quickOnes += 1;
    try {
      return (await this.parts.pool.run(await this.inputFor(period))).report;
    } finally {
      this.quickOnes -= 1;
    }
  }

  /** Ends what is being made, and deletes all files. */
  async close(): Promise<void> {
    this.closed = true;
    await this.parts.pool.close();
    // A report that is being written would put its file into a directory that is being deleted.
    await Promise.all(this.underWay);
    await this.parts.storage.close();
  }

  private async make(job: ReportJob): Promise<void> {
    try {
      const { csv, html } = await this.parts.pool.run(await this.inputFor(job.period));
      await this.parts.storage.write(fileOf(job.id, 'csv'), csv);
      await this.parts.storage.write(fileOf(job.id, 'html'), html);
      job.status = 'done';
    } catch (error) {
      job.status = 'failed';
      job.message = `Report ${job.id} could not be made; ask for it again later.`;
      if (!this.closed) this.parts.log.error(error, `Report ${job.id} could not be made.`);
    }
    await this.dropOldest().catch((error: unknown) => this.parts.log.error(error, 'A report could not be deleted.'));
  }

  private async inputFor(period: ReportPeriod): Promise<ReportInput> {
    return { period, tasks: await this.parts.data.findTasks(period), draws: this.draws[period.kind] };
  }

  private async dropOldest(): Promise<void> {
    if (this.closed || this.jobs.size <= MOST_KEPT) return;
    const oldest = [...this.jobs.values()].find((job) => job.status !== 'running');
    if (!oldest) return;
    this.jobs.delete(oldest.id);
    await this.parts.storage.delete(fileOf(oldest.id, 'csv'));
    await this.parts.storage.delete(fileOf(oldest.id, 'html'));
  }
}

const fileOf = (id: number, format: ReportFormat): string => `report-${id}.${format}`;
