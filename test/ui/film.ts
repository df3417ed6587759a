import type { TraceEvent } from '../../src/tracer/event/event.ts';
import {
  type CallId,
  callIdOf,
  type EventSeq,
  type Nanoseconds,
  type ObjectId,
  type ProbeId,
  type TargetId,
} from '../../src/tracer/event/ids.ts';
import type { SourceLocation } from '../../src/tracer/event/location.ts';
import type { CapturedValue } from '../../src/tracer/event/value.ts';
import type { ProbeState, RecordingManifest, TargetInfo } from '../../src/tracer/store/manifest.ts';
import { Recording } from '../../src/tracer/store/recording.ts';

export const MS = 1e6;

/** `Omit` that keeps the members of a union apart. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Draft = Without<TraceEvent, 'seq'>;

export interface Span {
  readonly call: CallId;
  readonly root: CallId;
  readonly target: TargetId;
  readonly start: number;
}

interface CallDraft {
  readonly args?: readonly CapturedValue[];
  readonly result?: CapturedValue;
  readonly error?: CapturedValue;
  /** Returns a promise at once that settles at the end. */
  readonly async?: boolean;
  /** Has not ended. */
  readonly open?: boolean;
  readonly self?: number;
}

/** Writes a recording by hand: spans at given moments (nanoseconds), sorted into the order of time when it is made. */
export class Film {
  readonly #drafts: Draft[] = [];
  readonly #counters = new Map<number, number>();
  readonly #targets: TargetInfo[] = [];
  readonly #probes: ProbeState[] = [];

  target(title: string): TargetId {
    const id = (this.#targets.length + 1) as TargetId;
    const pid = 4710 + id;
    this.#targets.push({ id, pid, title, argv: ['node', title], cwd: '/app', nodeVersion: 'v24.0.0' });
    return id;
  }

  probe(target: TargetId, name: string, location: SourceLocation | null, patch: Partial<ProbeState> = {}): ProbeId {
    const id = (this.#probes.length + 1) as ProbeId;
    this.#probes.push({
      id,
      target,
      at: location === null ? name : `${location.file.replace('/app/', '')}#${name}`,
      kind: location === null ? 'library' : 'function',
      name,
      location,
      engine: location === null ? 'library' : 'rebind',
      status: 'installed',
      reason: '',
      calls: 0,
      audit: null,
      predictedCallsPerSecond: null,
      ...patch,
    });
    return id;
  }

  call(probe: ProbeId, parent: Span | TargetId, start: number, end: number, draft: CallDraft = {}): Span {
    const span = this.#span(parent, start);
    const base = { target: span.target, call: span.call, probe };
    const parentCall = typeof parent === 'object' ? parent.call : null;
    const args = draft.args ?? [];
    const self = draft.self === undefined ? {} : { self: draft.self as ObjectId };
    this.#add(start, { type: 'call.enter', ...base, parent: parentCall, root: span.root, args, ...self });
    const duration = (end - start) as Nanoseconds;
    const undefinedValue: CapturedValue = { $: 'undefined' };
    if (draft.async === true) {
      const soon = Math.min(end, start + 20_000);
      const value: CapturedValue = { $: 'opaque', class: 'Promise' };
      this.#add(soon, { type: 'call.exit', ...base, duration: (soon - start) as Nanoseconds, value, pending: true });
      if (draft.open === true) return span;
      const outcome = draft.error === undefined ? 'fulfilled' : 'rejected';
      this.#add(end, {
        type: 'call.settle',
        ...base,
        duration,
        outcome,
        value: draft.error ?? draft.result ?? undefinedValue,
      });
    } else if (draft.open !== true) {
      if (draft.error === undefined)
        this.#add(end, { type: 'call.exit', ...base, duration, value: draft.result ?? undefinedValue });
      else this.#add(end, { type: 'call.throw', ...base, duration, error: draft.error });
    }
    return span;
  }

  request(target: TargetId, method: string, url: string, start: number, end: number, status: number): Span {
    const span = this.#span(target, start);
    this.#add(start, {
      type: 'http.server.start',
      target,
      call: span.call,
      parent: null,
      root: span.root,
      method,
      url,
    });
    const duration = (end - start) as Nanoseconds;
    this.#add(end, { type: 'http.server.end', target, call: span.call, duration, status, outcome: 'finished' });
    return span;
  }

  query(
    parent: Span,
    statement: string,
    params: readonly CapturedValue[],
    start: number,
    end: number,
    rows: number,
    site: SourceLocation,
  ): Span {
    const span = this.#span(parent, start);
    const base = { target: parent.target, call: span.call };
    this.#add(start, {
      type: 'db.query.start',
      ...base,
      parent: parent.call,
      root: parent.root,
      system: 'postgresql',
      statement,
      params,
      site,
    });
    this.#add(end, { type: 'db.query.end', ...base, duration: (end - start) as Nanoseconds, rows });
    return span;
  }

  snapshot(
    t: number,
    span: Span,
    probe: ProbeId,
    holder: number,
    path: string,
    when: 'before' | 'after',
    value: CapturedValue,
  ): void {
    const { target, call } = span;
    this.#add(t, { type: 'state.snapshot', target, call, probe, holder: holder as ObjectId, path, when, value });
  }

  change(
    t: number,
    span: Span,
    probe: ProbeId,
    holder: number,
    path: string,
    key: CapturedValue,
    before: CapturedValue,
    after: CapturedValue,
  ): void {
    const base = { target: span.target, call: span.call, probe, holder: holder as ObjectId };
    this.#add(t, { type: 'state.change', ...base, path, key, op: 'set', before, after });
  }

  dropped(t: number, target: TargetId, count: number): void {
    this.#add(t, { type: 'events.dropped', target, count, why: 'the buffer in the process was full' });
  }

  /** The events in the order of time, numbered. */
  events(): TraceEvent[] {
    const sorted = this.#drafts.map((draft, i) => ({ draft, i })).sort((a, b) => a.draft.t - b.draft.t || a.i - b.i);
    return sorted.map(({ draft }, seq) => ({ ...draft, seq: seq as EventSeq }) as TraceEvent);
  }

  manifest(patch: Partial<RecordingManifest> = {}): RecordingManifest {
    const calls = new Map<number, number>();
    for (const draft of this.#drafts) {
      if (draft.type === 'call.enter') calls.set(draft.probe, (calls.get(draft.probe) ?? 0) + 1);
    }
    return {
      version: 1,
      id: 'film',
      originMs: Date.UTC(2026, 10, 23, 12),
      endedMs: null,
      state: 'complete',
      writerPid: 1,
      question: null,
      plan: {
        version: 1,
        strategy: 'balanced',
        limits: { overheadPercent: 5, eventsPerSecond: 20_000, memoryMB: 64 },
        probes: [],
      },
      targets: this.#targets,
      probes: this.#probes.map((probe) => ({ ...probe, calls: calls.get(probe.id) ?? probe.calls })),
      findings: [],
      overhead: { percent: 1.3, agentMs: 26, wallMs: 2_000, method: 'time spent in the agent' },
      dropped: 0,
      segments: [],
      ...patch,
    };
  }

  /** A recording that holds all of it. */
  recording(patch: Partial<RecordingManifest> = {}): Recording {
    const recording = Recording.live(this.manifest(patch));
    recording.append(this.events());
    return recording;
  }

  #span(parent: Span | TargetId, start: number): Span {
    const target = typeof parent === 'object' ? parent.target : parent;
    const local = (this.#counters.get(target) ?? 0) + 1;
    this.#counters.set(target, local);
    const call = callIdOf(target, local);
    return { call, root: typeof parent === 'object' ? parent.root : call, target, start };
  }

  #add(t: number, event: Without<Draft, 't'>): void {
    this.#drafts.push({ ...event, t: Math.round(t) as Nanoseconds } as Draft);
  }
}
