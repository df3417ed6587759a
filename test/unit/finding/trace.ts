import type { TraceEvent } from '../../../src/tracer/event/event.ts';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';
import { Analysis } from '../../../src/tracer/finding/analysis.ts';
import type { Finding } from '../../../src/tracer/finding/finding.ts';
import type { ProbeState } from '../../../src/tracer/store/manifest.ts';

export const UNDEFINED: CapturedValue = { $: 'undefined' };

/** Probes 1.. of the traces in these tests, by name. */
export const PROBES = [
  'TaskManager.assignTask',
  'TaskManager.getSlot',
  'TaskManager.setSlot',
  'Worker.run',
  'A.a',
  'B.b',
];

export function probeState(id: number): ProbeState | undefined {
  const name = PROBES[id - 1];
  if (name === undefined) return undefined;
  return {
    id: id as never,
    target: 1 as never,
    at: `src/tasks/task-manager.ts#${name}`,
    kind: 'function',
    name,
    location: { file: '/app/src/tasks/task-manager.ts', line: 10 * id, column: 2, function: name },
    engine: 'rebind',
    status: 'installed',
    reason: '',
    calls: 0,
    audit: null,
    predictedCallsPerSecond: null,
  };
}

type Span = { readonly call: number; readonly root: number; readonly start: number };

/** Writes events down as an application would cause them; time goes on by 1 ms per event. */
export class Trace {
  readonly events: TraceEvent[] = [];
  t = 0;
  #seq = 0;
  #calls = 2 ** 40;

  emit(event: object): TraceEvent {
    this.t += 1_000_000;
    const made = { seq: this.#seq++, target: 1, t: this.t, ...event } as unknown as TraceEvent;
    this.events.push(made);
    return made;
  }

  #span(parent: Span | null): Span {
    const call = ++this.#calls;
    return { call, root: parent?.root ?? call, start: this.t + 1_000_000 };
  }

  http(method = 'GET', url = '/projects/12', emit = true): Span {
    const span = this.#span(null);
    if (emit) this.emit({ type: 'http.server.start', call: span.call, parent: null, root: span.root, method, url });
    return span;
  }

  httpEnd(span: Span, status = 200): void {
    const duration = this.t + 1_000_000 - span.start;
    this.emit({ type: 'http.server.end', call: span.call, duration, status, outcome: 'finished' });
  }

  enter(probe: number, parent: Span | null = null, args: readonly CapturedValue[] = []): Span {
    const span = this.#span(parent);
    const { call, root } = span;
    this.emit({ type: 'call.enter', call, parent: parent?.call ?? null, root, probe, args });
    return span;
  }

  exit(span: Span, probe: number, value: CapturedValue = UNDEFINED): void {
    this.emit({ type: 'call.exit', call: span.call, duration: this.t + 1_000_000 - span.start, probe, value });
  }

  fail(span: Span, probe: number, message: string): void {
    const error = { $: 'error', name: 'Error', message };
    this.emit({ type: 'call.throw', call: span.call, duration: this.t + 1_000_000 - span.start, probe, error });
  }

  query(parent: Span | null, statement: CapturedValue, line = 42, more: object = {}): Span {
    const span = this.#span(parent);
    const site = line === 0 ? null : { file: '/app/src/tasks/task-repository.ts', line, column: 11 };
    const { call, root } = span;
    const base = { type: 'db.query.start', call, parent: parent?.call ?? null, root, system: 'postgresql' };
    this.emit({ ...base, statement, site, ...more });
    return span;
  }

  queryEnd(span: Span, rows: number | null = 1, error?: string): void {
    const base = { type: 'db.query.end', call: span.call, duration: this.t + 1_000_000 - span.start, rows };
    this.emit(error === undefined ? base : { ...base, error: { $: 'error', name: 'DatabaseError', message: error } });
  }

  /** A query from start to end. */
  run(parent: Span | null, statement: CapturedValue, line = 42, rows: number | null = 1): void {
    this.queryEnd(this.query(parent, statement, line), rows);
  }

  read(call: Span | null, key: CapturedValue | null, value: CapturedValue, path = 'slots', holder = 7): void {
    this.emit({ type: 'state.read', call: call?.call ?? null, probe: 1, holder, path, key, value });
  }

  write(
    call: Span | null,
    key: CapturedValue | null,
    before: CapturedValue,
    after: CapturedValue,
    path = 'slots',
    op: 'set' | 'delete' | 'clear' = 'set',
    holder = 7,
  ): void {
    this.emit({ type: 'state.change', call: call?.call ?? null, probe: 1, holder, path, key, op, before, after });
  }

  findings(): Finding[] {
    const analysis = new Analysis({ probeOf: probeState });
    analysis.observe(this.events);
    if (analysis.failures.length > 0) throw new Error(analysis.failures.join());
    return analysis.findings();
  }
}
