import { isSpanEnd, isSpanStart, type SpanEndEvent, type SpanStartEvent, type TraceEvent } from '../event/event.ts';
import type { SourceLocation } from '../event/location.ts';
import { EventTable } from './event-table.ts';
import { codeOf } from './event-types.ts';
import { FunctionStats } from './function-stats.ts';
import { LaneLayout } from './lane-layout.ts';
import { SiteTable } from './site-table.ts';
import { SpanBit, SpanKindCode, SpanTable } from './span-table.ts';
import { StateTable } from './state-table.ts';
import { StringTable } from './string-table.ts';

const PROCESS_EXIT = codeOf('process.exit');
const MAX_NAMES = 200_000;
const MAX_NAME = 200;
/** Rows of drops, throttles and exits that are kept by hand; they are rare unless something is badly wrong. */
const MAX_NOTABLE = 100_000;

/**
 * What a recording knows about its events without having them in memory: columns per event and per span, the places of
 * watched state, figures per function, and where everything is drawn. Built event by event, live and stored alike.
 */
export class EventIndex {
  readonly events: EventTable;
  readonly spans: SpanTable;
  readonly state: StateTable;
  readonly names: StringTable;
  readonly sites: SiteTable;
  readonly functions = new Map<number, FunctionStats>();
  readonly lanes = new Map<number, LaneLayout>();
  /** Rows of `events.dropped`, `probe.throttled` and `process.exit`. */
  readonly notable: number[] = [];
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;

  constructor(parts?: {
    events: EventTable;
    spans: SpanTable;
    state: StateTable;
    names: StringTable;
    sites: SiteTable;
  }) {
    this.events = parts?.events ?? new EventTable();
    this.spans = parts?.spans ?? new SpanTable();
    this.state = parts?.state ?? new StateTable();
    this.names = parts?.names ?? new StringTable(MAX_NAMES);
    this.sites = parts?.sites ?? new SiteTable();
  }

  /** Adds an event and returns its row; -1 when its `seq` does not follow the last one's. */
  append(event: TraceEvent): number {
    const { events, spans } = this;
    const last = events.length - 1;
    if (last >= 0 && event.seq <= (events.seq[last] as number)) return -1;
    const call = 'call' in event ? event.call : null;
    const span = call === null ? -1 : spans.rowOf(call, event.target);
    const probe = 'probe' in event ? event.probe : 0;
    const row = events.add(codeOf(event.type), event.target, probe, span, event.t, event.seq);
    if (event.t < this.from) this.from = event.t;
    if (event.t > this.to) this.to = event.t;
    if (isSpanStart(event)) this.#begin(event, span, row);
    else if (isSpanEnd(event)) this.#end(event, span, row);
    else this.#other(event, row);
    if (span >= 0) {
      spans.lastRow[span] = row;
      spans.lastRow[spans.root[span] as number] = row;
    }
    return row;
  }

  stats(probe: number): FunctionStats {
    let stats = this.functions.get(probe);
    if (stats === undefined) {
      stats = new FunctionStats();
      this.functions.set(probe, stats);
    }
    return stats;
  }

  layout(target: number): LaneLayout {
    let layout = this.lanes.get(target);
    if (layout === undefined) {
      layout = new LaneLayout();
      this.lanes.set(target, layout);
    }
    return layout;
  }

  #begin(event: SpanStartEvent, span: number, row: number): void {
    const { spans } = this;
    if (spans.kind[span] !== SpanKindCode.ghost) return;
    const hasParent = event.parent !== null && event.parent !== event.call;
    // Making rows may replace the columns, so both come before any column is held.
    const parent = hasParent ? spans.rowOf(event.parent as number, event.target) : -1;
    const root = event.root === event.call ? span : spans.rowOf(event.root, event.target);
    switch (event.type) {
      case 'call.enter':
        spans.begin(span, SpanKindCode.call, parent, root, event.t, row);
        spans.probe[span] = event.probe;
        this.stats(event.probe).calls++;
        break;
      case 'http.server.start':
        spans.begin(span, SpanKindCode.http, parent, root, event.t, row);
        spans.name[span] = this.names.intern(`${event.method} ${event.url}`.slice(0, MAX_NAME));
        break;
      case 'db.query.start': {
        spans.begin(span, SpanKindCode.db, parent, root, event.t, row);
        const { statement } = event;
        const sql = typeof statement === 'string' ? statement : textOf(statement);
        spans.name[span] = this.names.intern(sql.slice(0, MAX_NAME).replace(/\s+/g, ' ').trim());
        spans.site[span] = event.site === null ? 0 : this.sites.intern(event.site);
        break;
      }
    }
    this.#place(event, span, parent, root);
  }

  #place(event: SpanStartEvent, span: number, parent: number, root: number): void {
    const { spans } = this;
    const layout = this.layout(event.target);
    if (((spans.flags[root] as number) & SpanBit.lane) === 0) {
      spans.lane[root] = layout.lane(event.t);
      spans.flags[root] = (spans.flags[root] as number) | SpanBit.lane;
    }
    const lane = layout.fit(spans.lane[root] as number);
    spans.lane[span] = lane;
    const below = parent >= 0 && spans.kind[parent] !== SpanKindCode.ghost ? (spans.depth[parent] as number) + 1 : 0;
    const depth = layout.begin(lane, event.t, below);
    spans.depth[span] = depth;
    if (((spans.flags[span] as number) & SpanBit.ended) !== 0) layout.end(lane, depth, spans.end[span] as number);
  }

  #end(event: SpanEndEvent, span: number, row: number): void {
    const { spans } = this;
    if (((spans.flags[span] as number) & SpanBit.ended) !== 0) return;
    const failed = isFailure(event);
    spans.finish(span, event.t, row, failed);
    if (spans.kind[span] === SpanKindCode.ghost) return;
    this.layout(spans.target[span] as number).end(spans.lane[span] as number, spans.depth[span] as number, event.t);
    if (spans.kind[span] === SpanKindCode.call) {
      // From the columns, so that a stored recording gives the same figures.
      const duration = event.t - (spans.start[span] as number);
      this.stats(spans.probe[span] as number).end(duration, failed, spans.startRow[span] as number, row);
    }
  }

  #other(event: TraceEvent, row: number): void {
    switch (event.type) {
      case 'state.change':
      case 'state.read':
      case 'state.snapshot':
        this.state.add(event, row);
        break;
      case 'events.dropped':
      case 'probe.throttled':
      case 'process.exit':
        if (this.notable.length < MAX_NOTABLE) this.notable.push(row);
        break;
      default:
        break;
    }
  }

  /** Derives what an index file does not hold. False when the columns contradict themselves. */
  rebuild(): boolean {
    const { events, spans } = this;
    if (!spans.rebuild()) return false;
    events.rebuildBlocks();
    const notable = new Set([codeOf('events.dropped'), codeOf('probe.throttled'), codeOf('process.exit')]);
    for (let row = 0; row < events.length; row++) {
      const t = events.t[row] as number;
      if (t < this.from) this.from = t;
      if (t > this.to) this.to = t;
      if ((events.span[row] as number) >= spans.length) return false;
      if (notable.has(events.type[row] as number) && this.notable.length < MAX_NOTABLE) this.notable.push(row);
    }
    for (let span = 0; span < spans.length; span++) {
      const kind = spans.kind[span] as number;
      if (kind === SpanKindCode.ghost) continue;
      const end = spans.end[span] as number;
      this.layout(spans.target[span] as number).recall(spans.lane[span] as number, spans.depth[span] as number, end);
      if (kind !== SpanKindCode.call) continue;
      const stats = this.stats(spans.probe[span] as number);
      stats.calls++;
      const flags = spans.flags[span] as number;
      if ((flags & SpanBit.ended) === 0) continue;
      const duration = end - (spans.start[span] as number);
      stats.end(duration, (flags & SpanBit.failed) !== 0, spans.startRow[span] as number, spans.endRow[span] as number);
    }
    return true;
  }

  /** Whether the event in a row says that its target ended. */
  isExit(row: number): boolean {
    return this.events.type[row] === PROCESS_EXIT;
  }

  site(span: number): SourceLocation | null {
    return this.sites.at(this.spans.site[span] as number);
  }
}

function isFailure(event: SpanEndEvent): boolean {
  switch (event.type) {
    case 'call.throw':
      return true;
    case 'call.settle':
      return event.outcome === 'rejected';
    case 'http.server.end':
      return event.status >= 500 || event.outcome === 'aborted';
    case 'db.query.end':
      return event.error !== undefined;
    case 'call.exit':
      return false;
  }
}

function textOf(statement: unknown): string {
  const cut = statement as { readonly $?: string; readonly v?: unknown } | null;
  return cut?.$ === 'string' && typeof cut.v === 'string' ? `${cut.v}…` : '(query not captured)';
}
