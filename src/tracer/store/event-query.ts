import type { EventType, TraceEvent } from '../event/event.ts';
import type { CallId, TargetId } from '../event/ids.ts';
import type { EventIndex } from './event-index.ts';
import { BLOCK } from './event-table.ts';
import { codeOf, EVENT_TYPES } from './event-types.ts';
import { globMatcher } from './glob.ts';
import type { ProbeState } from './manifest.ts';

/** Which events are wanted; every condition given must hold. Without `limit`, all that match. */
export interface EventQuery {
  readonly types?: readonly EventType[];
  /** Qualified name of a probed function (`TaskManager.assignTask`), or a glob of it (`TaskManager.*`), or `file.ts#name`. */
  readonly function?: string;
  readonly target?: TargetId;
  readonly call?: CallId;
  readonly root?: CallId;
  /** Nanoseconds since the recording's origin, both inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Text that occurs in the event's values, statement, URL, path or name; upper and lower case are the same. */
  readonly text?: string;
  readonly limit?: number;
  readonly offset?: number;
}

/** What a query needs to know beside the index. */
export interface QuerySource {
  readonly index: EventIndex;
  readonly probes: readonly ProbeState[];
  read(row: number): TraceEvent | null;
  /** Rows ..< `to` from `from` whose text may contain `needle`; false positives allowed. */
  mayContain(from: number, to: number, needle: string): (row: number) => boolean;
}

/** The rows that match `query`, in order of storage. */
export function* matchingRows(source: QuerySource, query: EventQuery): Generator<number> {
  const { events } = source.index;
  const plan = planOf(source, query);
  if (plan === null) return;
  let skip = Math.max(0, query.offset ?? 0);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  const needle = query.text?.toLowerCase() ?? '';
  for (let block = Math.floor(plan.from / BLOCK); block * BLOCK < plan.to && left > 0; block++) {
    if ((events.blockTo[block] as number) < plan.after || (events.blockFrom[block] as number) > plan.before) continue;
    if (((events.blockTypes[block] as number) & plan.typeBits) === 0) continue;
    if (((events.blockProbes[block] as number) & plan.probeBits) === 0) continue;
    const from = Math.max(plan.from, block * BLOCK);
    const to = Math.min(plan.to, (block + 1) * BLOCK);
    let may: ((row: number) => boolean) | null = null;
    for (let row = from; row < to && left > 0; row++) {
      if (!matches(source.index, plan, row)) continue;
      if (needle !== '' && !plan.named.has(events.probe[row] as number)) {
        may ??= source.mayContain(from, to, query.text ?? '');
        if (!isNamed(source.index, plan, row) && !(may(row) && contains(source.read(row), needle))) continue;
      }
      if (skip > 0) {
        skip--;
        continue;
      }
      left--;
      yield row;
    }
  }
}

interface QueryPlan {
  /** Rows from ..< to. */
  readonly from: number;
  readonly to: number;
  readonly after: number;
  readonly before: number;
  /** Wanted type codes, null for all. */
  readonly types: Uint8Array | null;
  /** The same for whole blocks, as bits (EventTable.blockTypes, blockProbes). */
  readonly typeBits: number;
  readonly probeBits: number;
  readonly probes: ReadonlySet<number> | null;
  readonly target: number | null;
  readonly span: number | null;
  readonly root: number | null;
  /** Probes and names (of requests and queries) that contain the wanted text. */
  readonly named: ReadonlySet<number>;
  readonly names: ReadonlySet<number>;
}

/** Null when nothing can match. */
function planOf(source: QuerySource, query: EventQuery): QueryPlan | null {
  const { index } = source;
  const { events, spans } = index;
  let from = 0;
  let to = events.length;
  const span = query.call === undefined ? null : spans.find(query.call);
  const root = query.root === undefined ? null : spans.find(query.root);
  for (const only of [span, root]) {
    if (only === null) continue;
    if (only < 0) return null;
    to = Math.min(to, (spans.lastRow[only] as number) + 1);
    // Events of one call come in order, so nothing of it lies before its start.
    from = Math.max(from, spans.startRow[only] as number);
  }
  let types: Uint8Array | null = null;
  let typeBits = -1;
  if (query.types !== undefined) {
    types = new Uint8Array(EVENT_TYPES.length);
    typeBits = 0;
    for (const type of query.types) {
      const code = codeOf(type);
      if (code < 0) continue;
      types[code] = 1;
      typeBits |= 1 << code;
    }
  }
  const needle = query.text?.toLowerCase() ?? '';
  const probes = query.function === undefined ? null : probesNamed(source.probes, query.function);
  if (probes !== null && probes.size === 0) return null;
  let probeBits = probes === null ? -1 : 0;
  for (const probe of probes ?? []) probeBits |= 1 << (probe & 31);
  const named = new Set<number>();
  const names = new Set<number>();
  if (needle !== '') {
    for (const probe of source.probes) if (probe.name.toLowerCase().includes(needle)) named.add(probe.id);
    for (const [i, name] of index.names.entries().entries()) if (name.toLowerCase().includes(needle)) names.add(i);
  }
  return {
    from,
    to,
    after: query.from ?? Number.NEGATIVE_INFINITY,
    before: query.to ?? Number.POSITIVE_INFINITY,
    types,
    typeBits,
    probeBits,
    probes,
    target: query.target ?? null,
    span,
    root,
    named,
    names,
  };
}

function matches(index: EventIndex, plan: QueryPlan, row: number): boolean {
  const { events, spans } = index;
  if (plan.types !== null && plan.types[events.type[row] as number] !== 1) return false;
  const t = events.t[row] as number;
  if (t < plan.after || t > plan.before) return false;
  if (plan.target !== null && events.target[row] !== plan.target) return false;
  if (plan.probes !== null && !plan.probes.has(events.probe[row] as number)) return false;
  const span = events.span[row] as number;
  if (plan.span !== null && span !== plan.span) return false;
  return plan.root === null || (span >= 0 && spans.root[span] === plan.root);
}

/** Whether the row starts a request or query whose name contains the wanted text. */
function isNamed(index: EventIndex, plan: QueryPlan, row: number): boolean {
  const span = index.events.span[row] as number;
  return span >= 0 && index.spans.startRow[span] === row && plan.names.has(index.spans.name[span] as number);
}

/** Ids of the probes a function name or glob means. */
function probesNamed(probes: readonly ProbeState[], wanted: string): Set<number> {
  const [file, name] = wanted.includes('#') ? splitAt(wanted) : [null, wanted];
  const isName = globMatcher(name);
  const isFile = file === null ? null : globMatcher(`*${file}`);
  const found = new Set<number>();
  for (const probe of probes) {
    if (isName(probe.name) && (isFile === null || isFile(splitAt(probe.at)[0]))) found.add(probe.id);
  }
  return found;
}

function splitAt(at: string): [string, string] {
  const hash = at.lastIndexOf('#');
  return hash < 0 ? ['', at] : [at.slice(0, hash), at.slice(hash + 1)];
}

const NOT_TEXT = new Set(['type', 'seq', 'target', 't', 'call', 'parent', 'root', 'probe', 'duration', '$', 'holder']);

/** Whether any text or number a person would see in the event contains `needle` (lower case). */
function contains(event: TraceEvent | null, needle: string): boolean {
  return event !== null && holds(event, needle, 0);
}

function holds(value: unknown, needle: string, depth: number): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(needle);
  if (typeof value === 'number') return String(value).includes(needle);
  if (typeof value !== 'object' || value === null || depth > 100) return false;
  if (Array.isArray(value)) return value.some((item) => holds(item, needle, depth + 1));
  return Object.entries(value).some(([key, item]) => !NOT_TEXT.has(key) && holds(item, needle, depth + 1));
}
