import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceEvent } from '../../src/tracer/event/event.ts';
import { DEFAULT_LIMITS } from '../../src/tracer/plan/plan.ts';
import { stateAt } from '../../src/tracer/query/state.ts';
import { timelineWindow } from '../../src/tracer/query/timeline.ts';
import type { RecordingManifest } from '../../src/tracer/store/manifest.ts';
import { Recording } from '../../src/tracer/store/recording.ts';
import { newRecordingId } from '../../src/tracer/store/recording-id.ts';
import { RecordingWriter } from '../../src/tracer/store/writer.ts';
import type { BenchRow } from './row.ts';

const EVENTS = 1_000_000;
const BATCH = 2_000;
const RUNS = 15;

/** Events per second into the store, queries, state at T, opening and drawing, all at a million events. About 20 s. */
export async function benchStore(): Promise<BenchRow[]> {
  const base = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  try {
    const batches = traffic(EVENTS);
    const plain = await plainAppend(join(base, 'plain.jsonl'), batches);
    const rows: BenchRow[] = [];

    const writer = await RecordingWriter.create(base, manifest());
    const storing = performance.now();
    for (const batch of batches) {
      writer.append(batch);
      // As in a session: batches arrive as messages, between which the event loop turns.
      await new Promise(setImmediate);
    }
    await writer.flush();
    const stored = perSecond(storing);
    if (writer.lost > 0) throw new Error(`${writer.lost} events were lost while measuring`);
    const ratio = `plain append of the same lines ${plain.toLocaleString('en')}/s, ratio ${(stored / plain).toFixed(2)}`;
    rows.push(atLeast('store.append', 'events stored per second, no drops', stored, 100_000, 200_000, ratio));

    const live = Recording.live(writer.manifest, writer);
    const indexing = performance.now();
    for (const batch of batches) live.append(batch);
    rows.push(atLeast('store.index', 'events indexed live per second', perSecond(indexing), 100_000, 200_000, null));
    await writer.close(live);
    live.close();

    const opening = performance.now();
    const recording = await Recording.open(writer.directory);
    rows.push(
      atMost('store.open', `opening ${EVENTS.toLocaleString('en')} events`, performance.now() - opening, null, 1_000),
    );
    rows.push(...queries(recording));
    recording.close();

    rmSync(join(writer.directory, 'index-1.bin'));
    const rebuilding = performance.now();
    (await Recording.open(writer.directory)).close();
    const rebuilt = performance.now() - rebuilding;
    rows.push(
      atMost('store.rebuild', 'opening them without an index file (interrupted recording)', rebuilt, null, null),
    );
    return rows;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function queries(recording: Recording): BenchRow[] {
  const { from, to } = recording.range();
  const at = (share: number): number => from + (to - from) * share;
  const worst = (run: (share: number) => void): number => {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      run((i + 0.5) / RUNS);
      times.push(performance.now() - start);
    }
    // The median of runs at different places: one garbage collection is no property of the query.
    return times.sort((a, b) => a - b)[RUNS >> 1] as number;
  };
  const roots = recording.roots(from, to);
  const call = (share: number): number => roots[Math.floor(share * roots.length)]?.call ?? 0;
  const rows: BenchRow[] = [];
  const add = (id: string, what: string, run: (share: number) => void): void => {
    rows.push(atMost(`query.${id}`, what, worst(run), 50, 5));
  };
  add('time', 'query: 100 events from a moment on', (s) => recording.query({ from: at(s), limit: 100 }));
  add('function', 'query: 100 events of a function late in the recording', (s) =>
    recording.query({ function: 'TaskManager.assignTask', types: ['call.throw'], from: at(s), limit: 100 }),
  );
  add('root', 'query: everything in one request', (s) => recording.query({ root: call(s) as never }));
  add('none', 'query: no match in any event', () => recording.query({ types: ['process.exit'] }));
  add('children', 'children of a request', (s) => recording.children(call(s)));
  const state = worst((s) => stateAt(recording, at(s)));
  rows.push(atMost('query.state', 'state at T', state, 100, 10));
  const text = worst(() => recording.query({ text: 'nowhere-to-be-found' }));
  rows.push(atMost('query.text', 'full-text search without a hit', text, null, null));
  const width = (to - from) / 40;
  const near = worst((s) => timelineWindow(recording, { from: at(s), to: at(s) + width, pixels: 1200 }));
  rows.push(atMost('timeline.window', 'timeline of 1/40 of the recording', near, null, 16));
  const whole = worst(() => timelineWindow(recording, { from, to, pixels: 1200 }));
  rows.push(atMost('timeline.whole', 'timeline of the whole recording', whole, null, 16));
  return rows;
}

/** The yardstick: the same lines, serialised the same way, appended by the plainest code. */
async function plainAppend(path: string, batches: readonly (readonly TraceEvent[])[]): Promise<number> {
  const start = performance.now();
  const file = await open(path, 'a');
  for (const batch of batches) await file.appendFile(`${batch.map((event) => JSON.stringify(event)).join('\n')}\n`);
  await file.close();
  return perSecond(start);
}

const perSecond = (start: number): number => Math.round((EVENTS / (performance.now() - start)) * 1000);
const round = (value: number): number => Math.round(value * 100) / 100;

function atLeast(id: string, what: string, value: number, floor: number, aim: number, peer: string | null): BenchRow {
  return { id, what, value, unit: 'events/s', better: 'higher', floor, aim, peer, ok: value >= floor };
}

function atMost(id: string, what: string, value: number, floor: number | null, aim: number | null): BenchRow {
  const ok = floor === null ? null : value <= floor;
  return { id, what, value: round(value), unit: 'ms', better: 'lower', floor, aim, peer: null, ok };
}

function manifest(): RecordingManifest {
  const probe = (id: number, name: string) => ({
    id: id as never,
    target: 1 as never,
    at: `src/tasks/task-manager.ts#${name}`,
    kind: 'function' as const,
    name,
    location: { file: '/app/src/tasks/task-manager.ts', line: 10 + id, column: 2 },
    engine: 'rebind' as const,
    status: 'installed' as const,
    reason: '',
    calls: 0,
    audit: null,
    predictedCallsPerSecond: null,
  });
  return {
    version: 1,
    id: newRecordingId(),
    originMs: Date.now(),
    endedMs: null,
    state: 'recording',
    writerPid: process.pid,
    question: null,
    plan: { version: 1, strategy: 'balanced', limits: DEFAULT_LIMITS, probes: [] },
    targets: [],
    probes: [probe(1, 'TaskManager.assignTask'), probe(2, 'TaskRepository.find')],
    findings: [],
    overhead: null,
    dropped: 0,
    segments: [],
  };
}

/** Requests of 14 events each, eight at a time: an HTTP request, two calls, two queries, state read and changed. */
function traffic(count: number): TraceEvent[][] {
  const batches: TraceEvent[][] = [];
  const batch: TraceEvent[] = [];
  let seq = 0;
  let t = 0;
  let calls = 2 ** 40;
  const emit = (event: object): void => {
    t += 900;
    batch.push({ seq: seq++, target: 1, t, ...event } as unknown as TraceEvent);
    if (batch.length === BATCH) batches.push(batch.splice(0));
  };
  const steps = (request: number): (() => void)[] => {
    const http = ++calls;
    const call = ++calls;
    const inner = ++calls;
    const query = ++calls;
    const task = request % 997;
    const task$ = {
      $: 'object',
      class: 'Task',
      entries: [
        ['id', task],
        ['title', `Task number ${task}`],
        ['status', 'todo'],
      ],
    };
    const access = { call, probe: 3, holder: 7, path: 'slots', key: task };
    const site = { file: '/app/src/tasks/task-repository.ts', line: 42, column: 11 };
    const root = http;
    const sql = 'SELECT id, title, status FROM tasks WHERE id = $1';
    return [
      () =>
        emit({
          type: 'http.server.start',
          call: http,
          parent: null,
          root,
          method: 'POST',
          url: `/tasks/${task}/assign`,
        }),
      () => emit({ type: 'call.enter', call, parent: http, root, probe: 1, self: 7, args: [task, request % 50] }),
      () => emit({ type: 'state.read', ...access, value: null }),
      () =>
        emit({
          type: 'call.exit',
          call,
          duration: 3000,
          probe: 1,
          value: { $: 'opaque', class: 'Promise' },
          pending: true,
        }),
      () => emit({ type: 'call.enter', call: inner, parent: call, root, probe: 2, args: [task] }),
      () =>
        emit({
          type: 'db.query.start',
          call: query,
          parent: inner,
          root,
          system: 'postgresql',
          statement: sql,
          params: [task],
          site,
        }),
      () => emit({ type: 'db.query.end', call: query, duration: 400_000, rows: 1 }),
      () => emit({ type: 'call.exit', call: inner, duration: 500_000, probe: 2, value: task$ }),
      () => emit({ type: 'state.change', ...access, op: 'set', before: null, after: request % 50 }),
      () => emit({ type: 'call.settle', call, duration: 600_000, probe: 1, outcome: 'fulfilled', value: task$ }),
      () => emit({ type: 'http.server.end', call: http, duration: 700_000, status: 200, outcome: 'finished' }),
    ];
  };
  let request = 0;
  const running: (() => void)[][] = [];
  while (seq < count) {
    while (running.length < 8) running.push(steps(request++));
    const index = (seq * 7) % running.length;
    const one = running[index] as (() => void)[];
    (one.shift() as () => void)();
    if (one.length === 0) running.splice(index, 1);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await benchStore()) {
    const verdict = row.ok === null ? '' : row.ok ? 'ok' : 'BELOW THE FLOOR';
    const value = `${row.value.toLocaleString('en')} ${row.unit}`.padStart(20);
    console.log(`${row.what.padEnd(62)} ${value}  aim ${row.aim ?? '-'}  ${verdict} ${row.peer ?? ''}`);
  }
}
