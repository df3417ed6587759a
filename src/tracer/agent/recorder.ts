import { OVERFLOW, type RecordBuffer } from './buffer.ts';
import type { Capturer } from './capture.ts';
import type { Host } from './host.ts';
import { Rec } from './wire.ts';

const SAMPLE_MASK = 31;

/**
 * Frames records: time stamps, commit or roll back, drops, and the measurement of our own cost. A record that throws
 * (overflow, a bug of ours) is rolled back and counted; it never reaches the application.
 */
export class Recorder {
  private lastNs = 0;
  private droppedUnreported = 0;
  private records = 0;
  private sampledMs = 0;
  private samples = 0;
  private startedAt = 0;
  private measuring = false;
  private beforeNs = 0;
  dropped = 0;
  writing = false;
  onBroken: (probe: number, error: unknown) => void = () => {};

  constructor(
    readonly out: RecordBuffer,
    readonly capture: Capturer,
    private readonly host: Host,
  ) {}

  /** Milliseconds the agent has spent on the main thread writing records: every 32nd is timed, the rest extrapolated. */
  spentMs(): number {
    return this.samples === 0 ? 0 : (this.sampledMs / this.samples) * this.records;
  }

  /**
   * Opens a record. The application's own calls are never nested in a record, since capturing runs none of its code; and the
   * host's commands, which can interrupt one, ask `writing` first. So one still open was torn by a stack overflow that even
   * its clean-up ran into, and is undone here.
   */
  begin(kind: number): boolean {
    const now = this.host.now();
    if (this.writing) {
      this.out.rollback();
      this.lastNs = this.beforeNs;
      this.drop();
    }
    this.writing = true;
    this.measuring = (this.records++ & SAMPLE_MASK) === 0;
    this.startedAt = now;
    this.capture.begin(now);
    const ns = Math.round(now * 1e6);
    this.beforeNs = this.lastNs;
    const out = this.out;
    if (this.droppedUnreported > 0) this.reportDrops(ns);
    out.byte(kind);
    out.varint(ns > this.lastNs ? ns - this.lastNs : 0);
    if (ns > this.lastNs) this.lastNs = ns;
    return true;
  }

  private reportDrops(ns: number): void {
    const out = this.out;
    out.byte(Rec.dropped);
    out.varint(ns > this.lastNs ? ns - this.lastNs : 0);
    out.varint(this.droppedUnreported);
    out.commit();
    if (ns > this.lastNs) this.lastNs = ns;
    this.beforeNs = this.lastNs;
    this.droppedUnreported = 0;
  }

  end(): void {
    this.out.commit();
    this.writing = false;
    if (this.measuring) {
      this.sampledMs += this.host.now() - this.startedAt;
      this.samples++;
    }
  }

  /** Undoes the open record after `error`; `probe` is told when the error is not a mere lack of room. */
  abort(error: unknown, probe: number): void {
    if (this.writing) {
      // Free for the next record only when this one is undone: where the stack overflows here too, the next `begin` does it.
      this.out.rollback();
      this.lastNs = this.beforeNs;
      this.writing = false;
    }
    this.drop();
    if (error !== OVERFLOW) this.onBroken(probe, error);
  }

  drop(): false {
    this.dropped++;
    this.droppedUnreported++;
    return false;
  }
}
