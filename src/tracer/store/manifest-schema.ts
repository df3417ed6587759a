import * as v from 'valibot';
import type { CapturedValue } from '../event/value.ts';
import { DEFAULT_LIMITS, type Plan } from '../plan/plan.ts';
import { isCapturedValue } from './event-parse.ts';
import type { RecordingManifest } from './manifest.ts';

/** Longest `recording.json` that is read. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

const text = v.pipe(v.string(), v.maxLength(1_000_000));
const line = v.pipe(v.string(), v.maxLength(20_000));
const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(finite, v.minValue(0));
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const captured = v.custom<CapturedValue>(isCapturedValue, 'not a captured value');

const location = v.object({ file: line, line: finite, column: finite, function: v.exactOptional(line) });
const prediction = v.object({ callsPerSecond: count, eventsPerSecond: count, overheadPercent: count });

const planProbe = v.variant('kind', [
  v.object({
    kind: v.literal('function'),
    at: line,
    capture: v.array(line),
    when: v.exactOptional(line),
    sample: v.exactOptional(finite),
    because: v.exactOptional(line),
    predicted: v.exactOptional(prediction),
  }),
  v.object({
    kind: v.literal('watch'),
    at: line,
    path: line,
    because: v.exactOptional(line),
    predicted: v.exactOptional(prediction),
  }),
  v.object({
    kind: v.literal('library'),
    library: v.picklist(['http', 'pg']),
    because: v.exactOptional(line),
    predicted: v.exactOptional(prediction),
  }),
]);

const plan = v.object({
  version: v.literal(1),
  question: v.exactOptional(text),
  strategy: v.picklist(['minimal', 'balanced', 'full']),
  limits: v.object({ overheadPercent: count, eventsPerSecond: count, memoryMB: count }),
  probes: v.array(planProbe),
  notes: v.exactOptional(v.array(text)),
});

/** Recorded plans only explain a recording, so one this version does not understand is left out instead of refused. */
const NO_PLAN: Plan = { version: 1, strategy: 'balanced', limits: DEFAULT_LIMITS, probes: [] };

const target = v.object({
  id,
  pid: id,
  title: line,
  argv: v.array(text),
  cwd: line,
  nodeVersion: line,
});

const probe = v.object({
  id,
  target: id,
  at: line,
  kind: v.picklist(['function', 'watch', 'library']),
  name: line,
  location: v.nullable(location),
  engine: v.picklist(['rebind', 'breakpoint', 'library', 'watch', 'none']),
  status: v.picklist(['installed', 'waiting', 'limited', 'failed', 'removed']),
  reason: text,
  calls: count,
  audit: v.nullable(v.object({ v8: count, recorded: count, by: v.optional(v.literal('breakpoint')) })),
  predictedCallsPerSecond: v.nullable(count),
});

const access = v.object({
  call: id,
  function: line,
  args: v.array(captured),
  readAt: finite,
  read: captured,
  wroteAt: finite,
  wrote: captured,
});

const finding = v.object({
  id: line,
  detector: line,
  title: text,
  severity: v.picklist(['info', 'warning', 'error']),
  confidence: v.picklist(['high', 'medium', 'low']),
  location: v.nullable(location),
  explanation: text,
  suggestion: text,
  count,
  firstAt: finite,
  lastAt: finite,
  evidence: v.object({ events: v.array(id), calls: v.array(id) }),
  details: v.variant('kind', [
    v.object({
      kind: v.literal('n-plus-one'),
      statement: text,
      perRequest: v.object({ max: count, median: count }),
      requests: count,
      order: v.picklist(['sequential', 'parallel']),
      source: v.nullable(v.object({ statement: text, rows: v.nullable(count) })),
      root: line,
      share: count,
    }),
    v.object({
      kind: v.literal('lost-update'),
      path: line,
      holder: finite,
      key: v.nullable(captured),
      lost: access,
      by: access,
    }),
  ]),
});

const segment = v.object({
  file: v.pipe(v.string(), v.regex(/^events-\d{6}\.jsonl$/)),
  firstSeq: id,
  events: id,
  bytes: id,
  fromNs: finite,
  toNs: finite,
});

/** A list whose broken items are left out: one bad finding must not hide a whole recording. */
const tolerant = <T extends v.GenericSchema>(item: T) =>
  v.pipe(
    v.array(v.unknown()),
    v.transform((items): v.InferOutput<T>[] =>
      items.flatMap((candidate) => {
        const result = v.safeParse(item, candidate);
        return result.success ? [result.output] : [];
      }),
    ),
  );

const manifest = v.object({
  version: v.literal(1),
  id: line,
  originMs: finite,
  endedMs: v.nullable(finite),
  state: v.picklist(['recording', 'complete']),
  writerPid: id,
  question: v.nullable(text),
  plan: v.fallback(plan, () => NO_PLAN as v.InferOutput<typeof plan>),
  targets: tolerant(target),
  probes: tolerant(probe),
  findings: tolerant(finding),
  overhead: v.nullable(v.object({ percent: finite, agentMs: finite, wallMs: finite, method: text })),
  dropped: count,
  segments: tolerant(segment),
});

/** The manifest in `value` (parsed JSON of unknown origin), with everything unknown left out; null when it is none. */
export function manifestFrom(value: unknown): RecordingManifest | null {
  const result = v.safeParse(manifest, value);
  // The brands on ids exist at compile time only.
  return result.success ? (result.output as unknown as RecordingManifest) : null;
}

/** What is known of a recording whose manifest is lost: its folder's name and, through its segments, its events. */
export function manifestLost(recordingId: string, originMs: number): RecordingManifest {
  return {
    version: 1,
    id: recordingId,
    originMs,
    endedMs: null,
    state: 'recording',
    writerPid: 0,
    question: null,
    plan: NO_PLAN,
    targets: [],
    probes: [],
    findings: [],
    overhead: null,
    dropped: 0,
    segments: [],
  };
}
