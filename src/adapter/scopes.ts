import { formatValue } from '../tracer/event/format.ts';
import type { Nanoseconds } from '../tracer/event/ids.ts';
import type { CapturedValue } from '../tracer/event/value.ts';
import { stateAt } from '../tracer/query/state.ts';
import type { Recording } from '../tracer/store/recording.ts';
import { formatDuration } from './duration.ts';
import { type SpanRecord, spanRecord } from './span-record.ts';
import { type NamedValue, note } from './variables.ts';

/** One section of the Variables view. */
export interface TraceScope {
  readonly name: string;
  readonly hint?: 'arguments' | 'returnValue';
  readonly list: () => readonly NamedValue[];
}

/** Watched places shown at most: each costs two reads. */
const MAX_STATES = 200;

/** The sections for one frame at the playhead `t`: what went in, what came out, and the watched state. */
export function scopesOf(recording: Recording, call: number, t: Nanoseconds): TraceScope[] {
  const record = spanRecord(recording, call);
  if (record === null) return [];
  const state = { name: 'State', list: () => stateList(recording, record, t) };
  switch (record.kind) {
    case 'call':
      return [
        { name: 'Arguments', hint: 'arguments', list: () => argumentList(record) },
        { name: 'Result', hint: 'returnValue', list: () => resultList(record, t) },
        state,
      ];
    case 'http':
      return [{ name: 'Request', list: () => requestList(record, t) }, state];
    case 'db':
      return [{ name: 'Query', list: () => queryList(record, t) }, state];
  }
}

type Call = Extract<SpanRecord, { kind: 'call' }>;
type Request = Extract<SpanRecord, { kind: 'http' }>;
type Query = Extract<SpanRecord, { kind: 'db' }>;

function argumentList({ enter }: Call): NamedValue[] {
  const list: NamedValue[] = enter.args.map((value, i) => ({ name: String(i), value }));
  const left = (enter.argc ?? 0) - enter.args.length;
  if (left > 0) list.push(note('…', `${left} more, not captured`));
  return list.length > 0 ? list : [note('arguments', 'none')];
}

/** The outcome; one that lies behind the playhead is marked as coming later. */
function resultList({ enter, exit, end }: Call, t: Nanoseconds): NamedValue[] {
  if (end === null) {
    if (exit === null) return [note('result', 'still running')];
    if (exit.pending === true) return [note('result', 'a promise that has not settled')];
    return outcome('returned', exit.value, exit.t, exit.duration, t);
  }
  if (end.type === 'call.throw') return outcome('threw', end.error, end.t, end.duration, t);
  const how = end.outcome === 'rejected' ? 'rejected' : 'resolved';
  return [...outcome(how, end.value, end.t, end.duration, t), promiseNote(enter.t, exit?.t ?? null)];
}

function outcome(how: string, value: CapturedValue, at: number, duration: number, t: number): NamedValue[] {
  const when = at <= t ? [] : [note('now', `not yet: it ends ${formatDuration(at - t)} after the playhead`)];
  const name = at <= t ? how : `${how} later`;
  return [...when, { name, value }, { name: 'duration', value: null, label: formatDuration(duration) }];
}

function promiseNote(enter: number, exit: number | null): NamedValue {
  const text = exit === null ? 'a promise' : `a promise, after ${formatDuration(exit - enter)}`;
  return { name: 'returned', value: null, label: text };
}

function requestList({ start, end }: Request, t: Nanoseconds): NamedValue[] {
  const list: NamedValue[] = [
    { name: 'method', value: start.method },
    { name: 'url', value: start.url },
  ];
  if (end === null || end.t > t) list.push(note('now', 'not answered yet'));
  if (end === null) return list;
  const later = end.t > t ? ' later' : '';
  const aborted = end.outcome === 'aborted' ? [note('connection', 'closed before the answer was sent')] : [];
  return [
    ...list,
    { name: `status${later}`, value: end.status },
    ...aborted,
    { name: 'duration', value: null, label: formatDuration(end.duration) },
  ];
}

function queryList({ start, end }: Query, t: Nanoseconds): NamedValue[] {
  const list: NamedValue[] = [{ name: 'statement', value: start.statement }];
  for (const [i, value] of (start.params ?? []).entries()) list.push({ name: `$${i + 1}`, value });
  if (end === null || end.t > t) list.push(note('now', 'not answered yet'));
  if (end === null) return list;
  if (end.error !== undefined) list.push({ name: 'error', value: end.error });
  if (end.rows !== null) list.push({ name: end.t > t ? 'rows later' : 'rows', value: end.rows });
  return [...list, { name: 'duration', value: null, label: formatDuration(end.duration) }];
}

/** Snapshots around this very call first, then every watched place as it stood at the playhead. */
function stateList(recording: Recording, record: SpanRecord, t: Nanoseconds): NamedValue[] {
  const snapshots = record.kind === 'call' ? record.snapshots : [];
  const around = snapshots.map(({ path, when, value, t: at }) => ({
    name: `${path} ${when === 'before' ? 'at enter' : at <= t ? 'at end' : 'at end, later'}`,
    value,
  }));
  const now = stateAt(recording, t, { limit: MAX_STATES }).map((entry) => {
    const key = entry.key === null ? '' : `[${formatValue(entry.key, 40)}]`;
    const name = `${entry.path}${key}${entry.holder === null ? '' : ` #${entry.holder}`}`;
    return entry.present ? { name, value: entry.value } : note(name, 'deleted');
  });
  const list = [...around, ...now];
  return list.length > 0 ? list : [note('state', 'no probe of the plan captures any state')];
}
