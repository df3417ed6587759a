import * as v from 'valibot';
import { NodeScopeError, textOf } from '../error/error.ts';
import { planInvalid, planUnsupported, quoted } from '../error/plan-errors.ts';
import { parseExpression } from './expression.ts';
import { parsePath, parseWatchPath } from './path.ts';
import { DEFAULT_CAPTURE, DEFAULT_LIMITS, type Plan } from './plan.ts';

/** Bounds of a plan file; `schemas/plan.schema.json` repeats them for the editor, and a test compares the two. */
export const PLAN_BOUNDS = {
  text: 5_000_000,
  probes: 500,
  capture: 20,
  notes: 200,
  note: 1_000,
  question: 2_000,
  because: 1_000,
  at: 500,
} as const;
const NOT_BUILT = new Set(['line', 'resource']);

/** `path/to/file.ts#Class.method`: any path without `#` or control characters, then names joined by dots. */
export const FUNCTION_AT =
  /^[^#\p{Cc}]+#[\p{ID_Start}$_][\p{ID_Continue}$]*(\.#?[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;
const FUNCTION_AT_HELP = 'must be written path/to/file.ts#name or path/to/file.ts#Class.method';
const CLASS_AT = /^[^#\p{Cc}]+#[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const text = (max: number) =>
  v.pipe(v.string('must be text'), v.maxLength(max, `must be at most ${max} characters long`));
const number = (what: string) => v.pipe(v.number(`must be a number (${what})`), v.finite(`must be a number (${what})`));
const between = (min: number, max: number) => {
  const help = `must be a number from ${min} to ${max}`;
  return v.pipe(v.number(help), v.minValue(min, help), v.maxValue(max, help));
};

/** Turns the error of a parser for the safe subset into a valibot issue. */
function checked(parse: (text: string) => unknown) {
  return v.rawCheck<string>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parse(dataset.value);
    } catch (error) {
      if (!(error instanceof NodeScopeError)) throw error;
      addIssue({ message: `is refused: ${error.message.replace(/\.$/, '')}` });
    }
  });
}

const Prediction = v.strictObject({
  callsPerSecond: v.pipe(number('calls per second'), v.minValue(0, 'must not be negative')),
  eventsPerSecond: v.pipe(number('events per second'), v.minValue(0, 'must not be negative')),
  overheadPercent: v.pipe(number('percent of the main thread'), v.minValue(0, 'must not be negative')),
});

const reasoned = { because: v.exactOptional(text(PLAN_BOUNDS.because)), predicted: v.exactOptional(Prediction) };
const functionAt = v.pipe(text(PLAN_BOUNDS.at), v.regex(FUNCTION_AT, FUNCTION_AT_HELP));

/** `args`, `return`, or a path; kept as text because the plan is shown and edited as text. */
const CaptureEntry = v.pipe(
  text(200),
  checked((entry) => (entry === 'args' || entry === 'return' ? null : parsePath(entry))),
);

const FunctionProbe = v.strictObject({
  kind: v.literal('function'),
  at: functionAt,
  capture: v.optional(
    v.pipe(
      v.array(CaptureEntry, 'must be a list such as ["args", "return", "this.slots"]'),
      v.maxLength(PLAN_BOUNDS.capture, `must hold at most ${PLAN_BOUNDS.capture} entries`),
    ),
    () => [...DEFAULT_CAPTURE],
  ),
  when: v.exactOptional(v.pipe(text(1_000), checked(parseExpression))),
  sample: v.exactOptional(
    v.pipe(
      v.number('must be a number above 0 and at most 1'),
      v.gtValue(0, 'must be above 0; 1 records every call'),
      v.maxValue(1, 'must be at most 1, which records every call'),
    ),
  ),
  ...reasoned,
});

const WatchProbe = v.strictObject({
  kind: v.literal('watch'),
  at: v.pipe(text(PLAN_BOUNDS.at), v.regex(CLASS_AT, 'must be written path/to/file.ts#Class')),
  path: v.pipe(text(200), checked(parseWatchPath)),
  ...reasoned,
});

const LibraryProbe = v.strictObject({
  kind: v.literal('library'),
  library: v.picklist(['http', 'pg'], 'must be "http" or "pg"'),
  ...reasoned,
});

const PlanSchema = v.strictObject({
  $schema: v.exactOptional(text(500)),
  version: v.literal(1, 'must be 1, the only version there is'),
  question: v.exactOptional(text(PLAN_BOUNDS.question)),
  strategy: v.optional(
    v.picklist(['minimal', 'balanced', 'full'], 'must be "minimal", "balanced" or "full"'),
    'balanced',
  ),
  limits: v.optional(
    v.strictObject({
      overheadPercent: v.optional(between(0.1, 100), DEFAULT_LIMITS.overheadPercent),
      eventsPerSecond: v.optional(between(1, 1_000_000), DEFAULT_LIMITS.eventsPerSecond),
      memoryMB: v.optional(between(1, 1_024), DEFAULT_LIMITS.memoryMB),
    }),
    DEFAULT_LIMITS,
  ),
  probes: v.pipe(
    v.array(v.variant('kind', [FunctionProbe, WatchProbe, LibraryProbe]), 'must be a list of probes'),
    v.maxLength(PLAN_BOUNDS.probes, `must hold at most ${PLAN_BOUNDS.probes} probes`),
  ),
  notes: v.exactOptional(
    v.pipe(
      v.array(text(PLAN_BOUNDS.note)),
      v.maxLength(PLAN_BOUNDS.notes, `must hold at most ${PLAN_BOUNDS.notes} notes`),
    ),
  ),
});

/**
 * Validates a plan from a file, a language model or a stranger.
 *
 * Missing `strategy`, `limits` and `capture` get their defaults; everything unknown is refused by name.
 * @param input the file's text (JSON) or an already parsed value
 * @param origin the file's name, for messages
 * @throws NodeScopeError `plan.invalid` or `plan.unsupported`: one sentence with the place in the file and what is allowed.
 */
export function parsePlan(input: unknown, origin: string): Plan {
  const value = typeof input === 'string' ? parseJson(input, origin) : input;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw planInvalid(origin, 'a plan must be a JSON object with "version": 1 and a list of "probes"');
  }
  refuseUnsupported(value, origin);
  const result = v.safeParse(PlanSchema, value, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) throw planInvalid(origin, sentenceOf(result.issues[0]));
  const { $schema: _schema, ...plan } = result.output;
  return plan;
}

function parseJson(input: string, origin: string): unknown {
  if (input.length > PLAN_BOUNDS.text) throw planInvalid(origin, 'the file is larger than 5 MB, which no plan needs');
  try {
    return JSON.parse(input.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw planInvalid(origin, `the file is not valid JSON (${textOf(error)})`);
  }
}

/** Kinds of DESIGN 6 that later versions build get a sentence of their own, not "unknown kind". */
function refuseUnsupported(plan: object, origin: string): void {
  const probes: unknown = Reflect.get(plan, 'probes');
  if (!Array.isArray(probes)) return;
  probes.slice(0, PLAN_BOUNDS.probes).forEach((probe: unknown, index) => {
    const kind: unknown = typeof probe === 'object' && probe !== null ? Reflect.get(probe, 'kind') : undefined;
    if (typeof kind === 'string' && NOT_BUILT.has(kind)) throw planUnsupported(origin, `probes[${index}]`, kind);
  });
}

type Issue = v.InferIssue<typeof PlanSchema>;

function sentenceOf(issue: Issue): string {
  const place = placeOf(issue);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${quoted(place)} is not a known key here; remove it or correct its spelling`;
  }
  if (issue.type === 'strict_object') {
    return issue.received === 'undefined'
      ? `${place} is missing`
      : `${place} must be an object with the keys of the plan format`;
  }
  if (issue.type === 'variant') {
    if (issue.path?.at(-1)?.key !== 'kind') return `${place} must be an object with a "kind"`;
    const found = issue.received === 'undefined' ? 'is missing' : `is ${issue.received}`;
    return `${place} must be "function", "watch" or "library", but ${found}`;
  }
  if (issue.received === 'undefined') return `${place} is missing; it ${issue.message}`;
  const complaint = issue.message.startsWith('is refused') ? '' : ` (it is ${receivedText(issue)})`;
  return `${place} ${issue.message}${complaint}`;
}

function receivedText(issue: Issue): string {
  if (typeof issue.input === 'string') return quoted(issue.input);
  if (Array.isArray(issue.input)) return `a list of ${issue.input.length}`;
  return typeof issue.input === 'object' && issue.input !== null ? 'an object' : String(issue.input);
}

/** `probes[3].capture[0]`, with keys that came from outside bounded. */
function placeOf(issue: Issue): string {
  let place = '';
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'number') place += `[${key}]`;
    else place += `${place === '' ? '' : '.'}${String(key).slice(0, 60)}`;
  }
  return place === '' ? 'the plan' : place;
}
