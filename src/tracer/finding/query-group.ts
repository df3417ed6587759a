import type { SourceLocation } from '../event/location.ts';
import type { NormalisedSql } from './sql.ts';

/** Evidence kept per group. */
const MAX_EVIDENCE = 10;

/** A query of the same root that had finished before a group began: perhaps the list that is being walked through. */
export interface FinishedQuery {
  readonly key: string;
  readonly statement: string;
  readonly rows: number;
  readonly endedAt: number;
}

/** The same statement from the same line within one root. */
export class QueryGroup {
  readonly sql: NormalisedSql;
  readonly site: SourceLocation | null;
  /** Queries finished before the first of this group, oldest first. */
  readonly before: readonly FinishedQuery[];
  /** Started; failed ones are retries of something, not repeats. */
  started = 0;
  failed = 0;
  /** Started while another of the group was running. */
  overlapping = 0;
  firstAt = 0;
  lastAt = 0;
  readonly events: number[] = [];
  readonly calls: number[] = [];
  #open = 0;
  #openSince = 0;
  #busy = 0;

  constructor(sql: NormalisedSql, site: SourceLocation | null, before: readonly FinishedQuery[]) {
    this.sql = sql;
    this.site = site;
    this.before = before;
  }

  get count(): number {
    return this.started - this.failed;
  }

  /** Nanoseconds during which at least one of the queries ran, until `now`. */
  busy(now: number): number {
    return this.#busy + (this.#open > 0 ? Math.max(0, now - this.#openSince) : 0);
  }

  begin(t: number, seq: number, call: number): void {
    if (this.started === 0) this.firstAt = t;
    if (this.#open > 0) this.overlapping++;
    else this.#openSince = t;
    this.#open++;
    this.started++;
    this.lastAt = t;
    if (this.events.length < MAX_EVIDENCE) {
      this.events.push(seq);
      this.calls.push(call);
    }
  }

  end(t: number, failed: boolean): void {
    if (this.#open > 0 && --this.#open === 0) this.#busy += Math.max(0, t - this.#openSince);
    if (failed) this.failed++;
    if (t > this.lastAt) this.lastAt = t;
  }

  get order(): 'sequential' | 'parallel' {
    return this.overlapping * 2 >= this.started - 1 ? 'parallel' : 'sequential';
  }

  /**
   * The query whose rows the repeats walk through: the closest before with at least as many rows, else the closest of which
   * the repeats are a multiple (nested loops), else none.
   */
  source(): FinishedQuery | null {
    const { before, count } = this;
    for (let i = before.length - 1; i >= 0; i--) {
      if ((before[i] as FinishedQuery).rows >= count) return before[i] as FinishedQuery;
    }
    for (let i = before.length - 1; i >= 0; i--) {
      const { rows } = before[i] as FinishedQuery;
      if (rows >= 2 && count % rows === 0) return before[i] as FinishedQuery;
    }
    return null;
  }
}
