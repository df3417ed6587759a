import type { TraceEvent } from '../event/event.ts';
import { codeOf } from './event-types.ts';

/**
 * Reads one line of a segment. A recording may come from a stranger, so every field that the code relies on is checked;
 * by hand, because a schema library costs several times the parsing and a recording holds millions of lines.
 * Objects are never merged or copied by key, so `__proto__` in a line is an ordinary, ignored property.
 */
export function parseEvent(line: string): TraceEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isEvent(value) ? value : null;
}

/** Longest line that is read, in bytes, and written, in UTF-16 units (at most three bytes each). */
export const MAX_LINE_BYTES = 3 * 1024 * 1024;
export const MAX_LINE_UNITS = 1024 * 1024;

const MAX_SEQ = 2 ** 32 - 2;
const MAX_TARGET = 65_535;
const MAX_PROBE = 2 ** 31;
const MAX_VALUE_DEPTH = 64;

type Fields = Readonly<Record<string, unknown>>;

/** Whether `value` is an event this version understands, down to the shape of its captured values. */
function isEvent(value: unknown): value is TraceEvent {
  if (typeof value !== 'object' || value === null) return false;
  const e = value as Fields;
  if (typeof e.type !== 'string' || codeOf(e.type) < 0) return false;
  if (!isCount(e.seq, MAX_SEQ) || !isCount(e.target, MAX_TARGET) || !isNumber(e.t)) return false;
  switch (e.type) {
    case 'call.enter':
      return isStart(e) && isProbe(e.probe) && isValues(e.args) && (e.self === undefined || isNumber(e.self));
    case 'call.exit':
    case 'call.settle':
      return isEnd(e) && isProbe(e.probe) && isValue(e.value, 0);
    case 'call.throw':
      return isEnd(e) && isProbe(e.probe) && isValue(e.error, 0);
    case 'state.snapshot':
      return isId(e.call) && isProbe(e.probe) && isText(e.path) && isValue(e.value, 0) && isWhen(e.when);
    case 'state.read':
      return isAccess(e) && isValue(e.value, 0);
    case 'state.change':
      return isAccess(e) && isOp(e.op) && isValue(e.before, 0) && isValue(e.after, 0);
    case 'http.server.start':
      return isStart(e) && isText(e.method) && isText(e.url);
    case 'http.server.end':
      return isEnd(e) && isNumber(e.status) && isText(e.outcome);
    case 'db.query.start':
      return (
        isStart(e) &&
        isText(e.system) &&
        isValue(e.statement, 0) &&
        (e.params === undefined || isValues(e.params)) &&
        isSite(e.site)
      );
    case 'db.query.end':
      return isEnd(e) && (e.rows === null || isNumber(e.rows)) && (e.error === undefined || isValue(e.error, 0));
    case 'process.exit':
      return isText(e.reason);
    case 'probe.installed':
      return isProbe(e.probe) && isText(e.engine);
    case 'probe.throttled':
    case 'probe.failed':
      return isProbe(e.probe) && isText(e.why);
    case 'probe.removed':
      return isProbe(e.probe);
    case 'events.dropped':
      return isNumber(e.count) && isText(e.why);
    default:
      return false;
  }
}

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const isText = (v: unknown): v is string => typeof v === 'string';
const isCount = (v: unknown, max: number): boolean => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= max;
const isProbe = (v: unknown): boolean => isCount(v, MAX_PROBE);
const isId = (v: unknown): boolean => Number.isSafeInteger(v) && (v as number) >= 0;
const isWhen = (v: unknown): boolean => v === 'before' || v === 'after';
const isOp = (v: unknown): boolean => v === 'set' || v === 'delete' || v === 'clear';
const isStart = (e: Fields): boolean => isId(e.call) && (e.parent === null || isId(e.parent)) && isId(e.root);
const isEnd = (e: Fields): boolean => isId(e.call) && isNumber(e.duration);
const isAccess = (e: Fields): boolean =>
  (e.call === null || isId(e.call)) &&
  isProbe(e.probe) &&
  isNumber(e.holder) &&
  isText(e.path) &&
  (e.key === null || isValue(e.key, 0));

function isSite(v: unknown): boolean {
  if (v === null) return true;
  if (typeof v !== 'object') return false;
  const site = v as Fields;
  return (
    isText(site.file) &&
    isNumber(site.line) &&
    isNumber(site.column) &&
    (site.function === undefined || isText(site.function))
  );
}

function isValues(v: unknown): boolean {
  return Array.isArray(v) && v.every((item) => isValue(item, 0));
}

function isValue(v: unknown, depth: number): boolean {
  if (v === null || typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean') return true;
  if (typeof v !== 'object' || depth > MAX_VALUE_DEPTH) return false;
  const o = v as Fields;
  switch (o.$) {
    case 'undefined':
      return true;
    case 'number':
    case 'bigint':
    case 'symbol':
    case 'date':
    case 'regexp':
      return isText(o.v);
    case 'string':
      return isText(o.v) && isNumber(o.length);
    case 'object':
      return isPairs(o.entries, depth, true) && isOptionalText(o.class) && isOptionalNumber(o.size);
    case 'map':
      return isPairs(o.entries, depth, false) && isOptionalNumber(o.size);
    case 'array':
      return isItems(o.items, depth) && isOptionalText(o.class) && isOptionalNumber(o.length);
    case 'set':
      return isItems(o.items, depth) && isOptionalNumber(o.size);
    case 'error':
      return isText(o.name) && isText(o.message) && isOptionalText(o.stack);
    case 'function':
      return isText(o.name);
    case 'bytes':
      return isText(o.class) && isNumber(o.length) && isText(o.v);
    case 'opaque':
      return isText(o.class);
    case 'cycle':
      return isNumber(o.up);
    case 'cut':
    case 'redacted':
    case 'missing':
      return isText(o.why);
    default:
      return false;
  }
}

const isOptionalText = (v: unknown): boolean => v === undefined || isText(v);
const isOptionalNumber = (v: unknown): boolean => v === undefined || isNumber(v);

function isItems(v: unknown, depth: number): boolean {
  if (!Array.isArray(v)) return false;
  for (const item of v) if (!isValue(item, depth + 1)) return false;
  return true;
}

function isPairs(v: unknown, depth: number, textKeys: boolean): boolean {
  if (!Array.isArray(v)) return false;
  for (const pair of v) {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    if (textKeys ? !isText(pair[0]) : !isValue(pair[0], depth + 1)) return false;
    if (!isValue(pair[1], depth + 1)) return false;
  }
  return true;
}

/** Whether `value` (parsed JSON) is a captured value. */
export function isCapturedValue(value: unknown): boolean {
  return isValue(value, 0);
}
