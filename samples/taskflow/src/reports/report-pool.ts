import type { Piscina } from 'piscina';
import type { RenderedReport, ReportInput } from './report.js';

const MOST_THREADS = 2;
const IDLE_MS = 10_000;

/** Threads for reports: started when there is work, ended when there has been none for a while. */
export class ReportPool {
  private pool: Promise<Piscina<ReportInput, RenderedReport>> | undefined;
  private closed = false;

  /** Rejects when the calculation fails, or the pool is closed meanwhile. */
  async run(input: ReportInput): Promise<RenderedReport> {
    const pool = await this.opened();
    if (!pool || this.closed) throw new Error('The report pool is closed.');
    return pool.run(input);
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    this.closed = true;
    const pool = await this.pool?.catch(() => undefined);
    await pool?.destroy();
  }

  /** Undefined once closed. One that could not be opened is opened anew by whoever comes next. */
  private opened(): Promise<Piscina<ReportInput, RenderedReport>> | undefined {
    if (this.closed) return undefined;
    this.pool ??= openPool().catch((error: unknown) => {
      this.pool = undefined;
      throw error;
    });
    return this.pool;
  }
}

async function openPool(): Promise<Piscina<ReportInput, RenderedReport>> {
  // Loaded when the first report is made, so that it does not lengthen every start.
  const { Piscina } = await import('piscina');
  return new Piscina<ReportInput, RenderedReport>({
    filename: new URL('./thread.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: MOST_THREADS,
    idleTimeout: IDLE_MS,
    // Waiting threads stay responsive instead of blocking until the next task comes.
    atomics: 'disabled',
  });
}
