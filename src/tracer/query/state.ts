import type { TraceEvent } from '../event/event.ts';
import type { CallId, EventSeq, Nanoseconds, ObjectId, TargetId } from '../event/ids.ts';
import { type CapturedValue, UNDEFINED } from '../event/value.ts';
import type { Recording } from '../store/recording.ts';
import type { StatePlace } from '../store/state-table.ts';
import { diffValues, type ValueChange } from './diff.ts';

/** The value of one watched place at a moment, and how it came about. */
export interface StateEntry {
  readonly target: TargetId;
  /** Object id of the holder; null when only a snapshot without identity showed it. */
  readonly holder: ObjectId | null;
  readonly path: string;
  /** Map key, set member or property; null for the path itself. */
  readonly key: CapturedValue | null;
  readonly value: CapturedValue;
  /** False once it was deleted or cleared; `value` is then `undefined`. */
  readonly present: boolean;
  /** When it got this value, or was first seen with it. */
  readonly since: Nanoseconds;
  /** The call that did it, where known. */
  readonly by: CallId | null;
  /** The value before; only meaningful with `beforeKnown`, since `null` is a value too. */
  readonly before: CapturedValue | null;
  readonly beforeKnown: boolean;
  /** From `before` to `value`; empty when `before` is unknown. */
  readonly diff: readonly ValueChange[];
  readonly seq: EventSeq;
  /** What told us: a seen change, or a read or snapshot that showed a value not known before. */
  readonly source: 'change' | 'read' | 'snapshot';
}

export interface StateOptions {
  /** Only places of this path (`slots`, `this.slots`) or below it, or with this key (`slots[7]`). */
  readonly watch?: string;
  /** At most this many, those changed last; 1,000 when not given. */
  readonly limit?: number;
}

const LIMIT = 1_000;

/**
 * The watched state at moment `t` (nanoseconds): per place its last known value, ordered by path, holder and key. Costs a
 * binary search per place and two events read per entry returned.
 */
export function stateAt(recording: Recording, t: number, options: StateOptions = {}): StateEntry[] {
  const { events, state } = recording.index;
  const wanted = watchFilter(options.watch);
  const found: { readonly place: StatePlace; readonly at: number; readonly reset: number }[] = [];
  for (const place of state.places) {
    if (!wanted(place)) continue;
    const at = lastAtOrBefore(place.rows, events.t, t);
    if (at < 0) continue;
    const resets = place.whole?.resets ?? [];
    const last = lastAtOrBefore(resets, events.t, t);
    const reset = last < 0 ? -1 : (resets[last] as number);
    found.push({ place, at, reset });
  }
  const limit = options.limit ?? LIMIT;
  if (found.length > limit) {
    const rowOf = (f: (typeof found)[number]): number => Math.max(f.place.rows[f.at] as number, f.reset);
    found.sort((a, b) => rowOf(b) - rowOf(a));
    found.length = limit;
  }
  const entries: StateEntry[] = [];
  for (const { place, at, reset } of found) {
    const entry =
      reset > (place.rows[at] as number) ? resetEntry(recording, place, at, reset) : entryAt(recording, place, at);
    if (entry !== null) entries.push(entry);
  }
  return entries.sort(byPlace);
}

/** Every change of the places `watch` means, oldest first, as entries; at most `limit` of the latest. */
export function historyOf(recording: Recording, options: StateOptions = {}): StateEntry[] {
  const wanted = watchFilter(options.watch);
  const all: { readonly place: StatePlace; readonly at: number; readonly row: number }[] = [];
  for (const place of recording.index.state.places) {
    if (!wanted(place)) continue;
    for (const [at, row] of place.rows.entries()) all.push({ place, at, row });
  }
  all.sort((a, b) => a.row - b.row);
  return all.slice(-(options.limit ?? LIMIT)).flatMap(({ place, at }) => entryAt(recording, place, at) ?? []);
}

/** Index of the last row whose time is at most `t`; -1 for none. Rows of one place rise in time. */
function lastAtOrBefore(rows: readonly number[], times: Float64Array, t: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[rows[middle] as number] as number) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function entryAt(recording: Recording, place: StatePlace, at: number): StateEntry | null {
  const event = recording.eventAt(place.rows[at] as number);
  if (event === null) return null;
  if (event.type === 'state.change')
    return made(place, event, event.after, event.op === 'set', { value: event.before }, event.call);
  if (event.type !== 'state.read' && event.type !== 'state.snapshot') return null;
  const earlier = at > 0 ? shownBy(recording.eventAt(place.rows[at - 1] as number)) : null;
  // A read, or a value already there when the call began, was put there by somebody unseen.
  const by = event.type === 'state.snapshot' && event.when === 'after' && at > 0 ? event.call : null;
  return made(place, event, event.value, true, earlier, by);
}

/** The path was cleared or replaced as a whole after this key was last changed. */
function resetEntry(recording: Recording, place: StatePlace, at: number, reset: number): StateEntry | null {
  const event = recording.eventAt(reset);
  if (event === null || event.type !== 'state.change') return null;
  return made(place, event, UNDEFINED, false, shownBy(recording.eventAt(place.rows[at] as number)), event.call);
}

function shownBy(event: TraceEvent | null): Known | null {
  if (event === null) return null;
  if (event.type === 'state.change') return { value: event.after };
  return event.type === 'state.read' || event.type === 'state.snapshot' ? { value: event.value } : null;
}

/** A value that is known, which `null` as a value of its own would not tell. */
interface Known {
  readonly value: CapturedValue;
}

function made(
  place: StatePlace,
  event: TraceEvent,
  value: CapturedValue,
  present: boolean,
  before: Known | null,
  by: CallId | null,
): StateEntry {
  return {
    target: place.target as TargetId,
    holder: place.holder as ObjectId | null,
    path: place.path,
    key: place.key,
    value: present ? value : UNDEFINED,
    present,
    since: event.t,
    by,
    before: before?.value ?? null,
    beforeKnown: before !== null,
    diff: before === null ? [] : diffValues(before.value, present ? value : UNDEFINED),
    seq: event.seq,
    source: event.type === 'state.change' ? 'change' : event.type === 'state.read' ? 'read' : 'snapshot',
  };
}

function watchFilter(watch: string | undefined): (place: StatePlace) => boolean {
  if (watch === undefined || watch === '' || watch === '*') return () => true;
  const wanted = bare(watch);
  const open = wanted.endsWith(']') ? wanted.indexOf('[') : -1;
  const path = open > 0 ? wanted.slice(0, open) : null;
  const key = open > 0 ? wanted.slice(open + 1, -1).replace(/^(['"])(.*)\1$/, '$2') : null;
  return (place) => {
    const own = bare(place.path);
    if (own === wanted || own.startsWith(`${wanted}.`)) return true;
    return path !== null && own === path && place.key !== null && String(plain(place.key)) === key;
  };
}

const bare = (path: string): string => (path.startsWith('this.') ? path.slice(5) : path);

function plain(key: CapturedValue): unknown {
  return key !== null && typeof key === 'object' ? ('v' in key ? key.v : JSON.stringify(key)) : key;
}

function byPlace(a: StateEntry, b: StateEntry): number {
  if (a.target !== b.target) return a.target - b.target;
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  if (a.holder !== b.holder) return (a.holder ?? -1) - (b.holder ?? -1);
  if (typeof a.key === 'number' && typeof b.key === 'number') return a.key - b.key;
  const left = JSON.stringify(a.key);
  const right = JSON.stringify(b.key);
  return left < right ? -1 : left > right ? 1 : 0;
}
