import type { TraceEvent } from '../event/event.ts';
import {
  type CallId,
  callIdOf,
  type EventSeq,
  type Nanoseconds,
  type ObjectId,
  type ProbeId,
  type TargetId,
} from '../event/ids.ts';
import type { SourceLocation } from '../event/location.ts';
import type { AgentRecord } from './decode.ts';

/** Next event number of a recording; shared by its targets. */
export interface Sequence {
  next(): EventSeq;
}

/** What the correlator needs to know of a target's probes. */
export interface ProbeNames {
  /** Text of captured path `index` of a function probe (`this.slots`). */
  capturedPath(probe: number, index: number): string;
  watchedPath(probe: number): string;
}

type WithoutBase<T> = T extends TraceEvent ? Omit<T, 'seq' | 'target' | 't'> : never;
interface Open {
  readonly root: CallId;
  readonly start: number;
}

const MAX_OPEN = 200_000;

/**
 * Turns the records of one target into events: recording-wide ids, one time axis, the root of every span, durations.
 * `originNs` is the recording's origin on the target's own clock (nanoseconds since its time origin).
 */
export class Correlator {
  private readonly open = new Map<CallId, Open>();
  private readonly sites = new Map<number, SourceLocation | null>();
  dropped = 0;

  constructor(
    private readonly target: TargetId,
    private readonly originNs: number,
    private readonly sequence: Sequence,
    private readonly names: ProbeNames,
  ) {}

  defineSite(id: number, location: SourceLocation | null): void {
    this.sites.set(id, location);
  }

  /** Makes an event at time `t` of the target's clock. */
  event(t: number, event: WithoutBase<TraceEvent>): TraceEvent {
    return {
      ...event,
      seq: this.sequence.next(),
      target: this.target,
      t: Math.round(t - this.originNs) as Nanoseconds,
    } as TraceEvent;
  }

  /** The event of one record; null for records that are no events (call sites, notes). */
  correlate(record: AgentRecord): TraceEvent | null {
    switch (record.kind) {
      case 'enter': {
        const span = this.start(record.call, record.parent, record.t);
        return this.event(record.t, {
          type: 'call.enter',
          probe: record.probe as ProbeId,
          ...span,
          ...(record.self === 0 ? {} : { self: record.self as ObjectId }),
          args: record.args ?? [],
          ...(record.args === null || record.argc === record.args.length ? {} : { argc: record.argc }),
        });
      }
      case 'exit': {
        const end = this.end(record.call, record.t, record.pending);
        return this.event(record.t, {
          type: 'call.exit',
          probe: record.probe as ProbeId,
          ...end,
          value: record.value,
          ...(record.pending ? { pending: true as const } : {}),
        });
      }
      case 'throw':
        return this.event(record.t, {
          type: 'call.throw',
          probe: record.probe as ProbeId,
          ...this.end(record.call, record.t),
          error: record.value,
        });
      case 'settle':
        return this.event(record.t, {
          type: 'call.settle',
          probe: record.probe as ProbeId,
          ...this.end(record.call, record.t),
          outcome: record.fulfilled ? 'fulfilled' : 'rejected',
          value: record.value,
        });
      case 'snapshot':
        return this.event(record.t, {
          type: 'state.snapshot',
          call: callIdOf(this.target, record.call),
          probe: record.probe as ProbeId,
          ...(record.holder === 0 ? {} : { holder: record.holder as ObjectId }),
          path: this.names.capturedPath(record.probe, record.path),
          when: record.after ? 'after' : 'before',
          value: record.value,
        });
      case 'read':
        return this.event(record.t, { type: 'state.read', ...this.access(record), value: record.value });
      case 'change':
        return this.event(record.t, {
          type: 'state.change',
          ...this.access(record),
          op: record.op,
          before: record.before,
          after: record.after,
        });
      case 'http.start':
        return this.event(record.t, {
          type: 'http.server.start',
          ...this.start(record.call, 0, record.t),
          method: record.method,
          url: record.url,
        });
      case 'http.end':
        return this.event(record.t, {
          type: 'http.server.end',
          ...this.end(record.call, record.t),
          status: record.status,
          outcome: record.finished ? 'finished' : 'aborted',
        });
      case 'db.start':
        return this.event(record.t, {
          type: 'db.query.start',
          ...this.start(record.call, record.parent, record.t),
          system: 'postgresql',
          statement: record.statement,
          ...paramsOf(record.params),
          site: this.sites.get(record.site) ?? null,
        });
      case 'db.end':
        return this.event(record.t, {
          type: 'db.query.end',
          ...this.end(record.call, record.t),
          rows: record.rows,
          ...(record.error === null ? {} : { error: record.error }),
        });
      case 'dropped':
        this.dropped += record.count;
        return this.event(record.t, {
          type: 'events.dropped',
          count: record.count,
          why: 'the limit on events per second or memory in the process was reached',
        });
      case 'site':
      case 'note':
        return null;
    }
  }

  private start(local: number, localParent: number, t: number): { call: CallId; parent: CallId | null; root: CallId } {
    const call = callIdOf(this.target, local);
    const parent = localParent === 0 ? null : callIdOf(this.target, localParent);
    // A parent already ended, or begun before the attach, is still the parent; the root is what is known of it.
    const root = parent === null ? call : (this.open.get(parent)?.root ?? this.roots.get(parent) ?? parent);
    if (this.open.size < MAX_OPEN) this.open.set(call, { root, start: t });
    return { call, parent, root };
  }

  /** Roots of spans that have ended, for children that come later (timers, unawaited work); oldest forgotten first. */
  private readonly roots = new Map<CallId, CallId>();

  private end(local: number, t: number, pending = false): { call: CallId; duration: Nanoseconds } {
    const call = callIdOf(this.target, local);
    const open = this.open.get(call);
    if (open !== undefined && !pending) {
      this.open.delete(call);
      if (open.root !== call) this.roots.set(call, open.root);
      if (this.roots.size > MAX_OPEN)
        for (const oldest of [...this.roots.keys()].slice(0, MAX_OPEN / 2)) this.roots.delete(oldest);
    }
    return { call, duration: (open === undefined ? 0 : Math.max(0, Math.round(t - open.start))) as Nanoseconds };
  }

  private access(record: { probe: number; by: number; holder: number; key: AgentRecordKey }): {
    call: CallId | null;
    probe: ProbeId;
    holder: ObjectId;
    path: string;
    key: AgentRecordKey;
  } {
    return {
      call: record.by === 0 ? null : callIdOf(this.target, record.by),
      probe: record.probe as ProbeId,
      holder: record.holder as ObjectId,
      path: this.names.watchedPath(record.probe),
      key: record.key,
    };
  }
}

type AgentRecordKey = Extract<AgentRecord, { kind: 'read' }>['key'];

function paramsOf(value: AgentRecordValue): { params?: readonly AgentRecordValue[] } {
  if (value !== null && typeof value === 'object' && value.$ === 'array') return { params: value.items };
  if (value !== null && typeof value === 'object' && value.$ === 'undefined') return {};
  return { params: [value] };
}
type AgentRecordValue = Extract<AgentRecord, { kind: 'read' }>['value'];
