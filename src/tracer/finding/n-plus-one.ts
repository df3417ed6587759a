import { createHash } from 'node:crypto';
import type { DbQueryEnd, DbQueryStart, TraceEvent } from '../event/event.ts';
import type { CallId, EventSeq, Nanoseconds } from '../event/ids.ts';
import { routePattern } from '../query/route-pattern.ts';
import type { Detector, DetectorContext } from './detector.ts';
import type { Finding } from './finding.ts';
import { nPlusOneText } from './n-plus-one-text.ts';
import { type FinishedQuery, QueryGroup } from './query-group.ts';
import type { SpanInfo } from './span-info.ts';
import { type NormalisedSql, normaliseSql } from './sql.ts';

/** Repeats from which on it is a finding; exactly this many counts. */
const MIN_REPEATS = 5;

const MAX_ROOTS = 10_000;
const MAX_GROUPS_PER_ROOT = 500;
const MAX_CAUSES = 1_000;
const MAX_FINISHED = 32;
const MAX_CACHED = 2_000;
const MAX_CACHED_LENGTH = 4_096;

/** One root span (request or call) and the queries below it. */
interface Root {
  readonly call: CallId;
  readonly groups: Map<string, QueryGroup>;
  /** Groups of running queries, by call. */
  readonly running: Map<number, { readonly group: QueryGroup; readonly key: string }>;
  finished: readonly FinishedQuery[];
  readonly causes: Set<Cause>;
}

/** One cause: the same statement from the same line below the same kind of root. */
interface Cause {
  readonly id: string;
  /** Repeats -> number of finished roots with so many. */
  readonly counts: Map<number, number>;
  /** Roots that may still add repeats. */
  readonly active: Map<CallId, QueryGroup>;
  firstAt: number;
  lastAt: number;
  worst: Example;
}

/** The root with the most repeats. */
interface Example {
  readonly count: number;
  readonly group: QueryGroup;
  readonly root: string;
  readonly rootIsRequest: boolean;
  readonly busy: number;
  readonly duration: number;
}

/**
 * N+1 queries: one root runs the same statement from the same line again and again, usually once per row of an earlier
 * query. Groups by async root, not by neighbourhood, so that interleaved requests and other work in between hide nothing.
 */
export class NPlusOneDetector implements Detector {
  readonly name = 'n-plus-one';
  readonly #roots = new Map<CallId, Root>();
  readonly #causes = new Map<string, Cause>();
  readonly #normalised = new Map<string, NormalisedSql>();
  /** Latest time seen: what is still open has lasted until then. */
  #now = 0;

  observe(event: TraceEvent, context: DetectorContext): void {
    if (event.t > this.#now) this.#now = event.t;
    if (event.type === 'db.query.start') this.#start(event, context);
    else if (event.type === 'db.query.end') this.#end(event, context);
  }

  forget(span: SpanInfo, context: DetectorContext): void {
    const root = this.#roots.get(span.call);
    if (root !== undefined) this.#fold(root, span, context);
  }

  #start(event: DbQueryStart, context: DetectorContext): void {
    // Without anything around it there is nothing that repeats it on purpose: polling, scripts, migrations.
    if (event.root === event.call) return;
    const sql = this.#normalise(event);
    if (sql === null) return;
    const root = this.#root(event.root, context);
    const site = event.site;
    const key = `${site === null ? '' : `${site.file}:${site.line}:${site.column}`}\n${sql.text}`;
    let group = root.groups.get(key);
    if (group === undefined) {
      if (root.groups.size >= MAX_GROUPS_PER_ROOT) return;
      group = new QueryGroup(sql, site, root.finished);
      root.groups.set(key, group);
    }
    group.begin(event.t, event.seq, event.call);
    root.running.set(event.call, { group, key });
    if (group.count === MIN_REPEATS) this.#raise(root, group, key, context);
  }

  #end(event: DbQueryEnd, context: DetectorContext): void {
    const rootCall = context.spans.get(event.call)?.root;
    const root = rootCall === undefined ? undefined : this.#roots.get(rootCall);
    const running = root?.running.get(event.call);
    if (root === undefined || running === undefined) return;
    root.running.delete(event.call);
    running.group.end(event.t, event.error !== undefined);
    if (event.rows === null || event.rows < 1) return;
    // Replaced, not changed: groups hold on to the list as it was when they began.
    const { key, group } = running;
    const statement = group.sql.text;
    const done = { key, statement, rows: event.rows, endedAt: event.t };
    root.finished = [...root.finished.filter((other) => other.key !== key), done].slice(-MAX_FINISHED);
  }

  /** Null for what never counts: transaction control, and statements that were not captured. */
  #normalise(event: DbQueryStart): NormalisedSql | null {
    const { statement } = event;
    const text = typeof statement === 'string' ? statement : cutText(statement);
    if (text === null) return null;
    let sql = this.#normalised.get(text);
    if (sql === undefined) {
      sql = normaliseSql(text, event.system === 'mysql');
      if (text.length <= MAX_CACHED_LENGTH) {
        if (this.#normalised.size >= MAX_CACHED) this.#normalised.clear();
        this.#normalised.set(text, sql);
      }
    }
    return sql.verb === 'transaction' || sql.text === '' ? null : sql;
  }

  #root(call: CallId, context: DetectorContext): Root {
    let root = this.#roots.get(call);
    if (root === undefined) {
      root = { call, groups: new Map(), running: new Map(), finished: [], causes: new Set() };
      this.#roots.set(call, root);
      if (this.#roots.size > MAX_ROOTS) {
        for (const oldest of this.#roots.values()) {
          this.#fold(oldest, context.spans.get(oldest.call), context);
          break;
        }
      }
    }
    return root;
  }

  /** A group has become a finding. */
  #raise(root: Root, group: QueryGroup, key: string, context: DetectorContext): void {
    const id = `${patternOf(context.spans.get(root.call), context)}\n${key}`;
    let cause = this.#causes.get(id);
    if (cause === undefined) {
      if (this.#causes.size >= MAX_CAUSES) return;
      const worst = this.#example(group, context.spans.get(root.call), context);
      cause = { id, counts: new Map(), active: new Map(), firstAt: group.firstAt, lastAt: group.lastAt, worst };
      this.#causes.set(id, cause);
    }
    cause.active.set(root.call, group);
    root.causes.add(cause);
    cause.firstAt = Math.min(cause.firstAt, group.firstAt);
  }

  #example(group: QueryGroup, info: SpanInfo | undefined, context: DetectorContext): Example {
    const start = info?.start ?? group.firstAt;
    const end = info?.end ?? Math.max(this.#now, group.lastAt);
    const request = info?.request ?? null;
    const name = request === null ? context.probeOf(info?.probe ?? 0)?.name : `${request.method} ${request.url}`;
    return {
      count: group.count,
      group,
      root: name ?? 'a call that began before the recording',
      rootIsRequest: info?.kind === 'http',
      busy: group.busy(Math.min(end, this.#now)),
      duration: Math.max(1, end - start),
    };
  }

  /** The root will get no more queries: what it had becomes a number. */
  #fold(root: Root, info: SpanInfo | undefined, context: DetectorContext): void {
    this.#roots.delete(root.call);
    for (const cause of root.causes) {
      const group = cause.active.get(root.call);
      cause.active.delete(root.call);
      if (group === undefined || group.count < MIN_REPEATS) continue;
      cause.counts.set(group.count, (cause.counts.get(group.count) ?? 0) + 1);
      cause.lastAt = Math.max(cause.lastAt, group.lastAt);
      if (group.count > cause.worst.count || group === cause.worst.group) {
        cause.worst = this.#example(group, info, context);
      }
    }
  }

  findings(context: DetectorContext): Finding[] {
    return [...this.#causes.values()].flatMap((cause) => this.#finding(cause, context) ?? []);
  }

  #finding(cause: Cause, context: DetectorContext): Finding | null {
    const counts = new Map(cause.counts);
    let { worst, lastAt } = cause;
    for (const [call, group] of cause.active) {
      if (group.count < MIN_REPEATS) continue;
      counts.set(group.count, (counts.get(group.count) ?? 0) + 1);
      lastAt = Math.max(lastAt, group.lastAt);
      if (group.count > worst.count || group === worst.group) {
        worst = this.#example(group, context.spans.get(call), context);
      }
    }
    if (worst.count < MIN_REPEATS || counts.size === 0) return null;
    const requests = [...counts.values()].reduce((sum, n) => sum + n, 0);
    const { group } = worst;
    const source = group.source();
    const share = Math.min(1, worst.busy / worst.duration);
    const details = {
      kind: 'n-plus-one',
      statement: group.sql.text,
      perRequest: { max: Math.max(...counts.keys()), median: median(counts, requests) },
      requests,
      order: group.order,
      source: source === null ? null : { statement: source.statement, rows: source.rows },
      root: worst.root,
      share,
    } as const;
    const pattern = cause.id.slice(0, cause.id.indexOf('\n'));
    return {
      // The key holds a whole statement; an id should fit on a line.
      id: `n-plus-one:${createHash('sha256').update(cause.id).digest('hex').slice(0, 16)}`,
      detector: this.name,
      ...nPlusOneText(details, {
        pattern,
        site: group.site,
        verb: group.sql.verb,
        busy: worst.busy,
        isRequest: worst.rootIsRequest,
      }),
      severity: share >= 0.5 ? 'error' : share >= 0.1 ? 'warning' : 'info',
      confidence: group.site === null ? 'medium' : 'high',
      location: group.site,
      count: requests,
      firstAt: cause.firstAt as Nanoseconds,
      lastAt: lastAt as Nanoseconds,
      evidence: { events: group.events as EventSeq[], calls: group.calls as CallId[] },
      details,
    };
  }
}

function patternOf(info: SpanInfo | undefined, context: DetectorContext): string {
  if (info?.request != null) return routePattern(info.request.method, info.request.url);
  return context.probeOf(info?.probe ?? 0)?.name ?? '';
}

function cutText(statement: DbQueryStart['statement']): string | null {
  if (statement === null || typeof statement !== 'object' || statement.$ !== 'string') return null;
  return statement.v;
}

function median(counts: ReadonlyMap<number, number>, total: number): number {
  let seen = 0;
  for (const count of [...counts.keys()].sort((a, b) => a - b)) {
    seen += counts.get(count) as number;
    if (seen * 2 >= total) return count;
  }
  return 0;
}
