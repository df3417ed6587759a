import { type CapturedValue, sameValue } from '../event/value.ts';

/** One difference between two captured values. `path` is written as in source (`slots[3].owner`), '' for the value itself. */
export interface ValueChange {
  readonly path: string;
  readonly op: 'added' | 'removed' | 'changed';
  /** Null when added. */
  readonly before: CapturedValue | null;
  /** Null when removed. */
  readonly after: CapturedValue | null;
}

const MAX_CHANGES = 200;
const MAX_DEPTH = 32;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

type Entries = readonly (readonly [string, CapturedValue])[];

/**
 * What changed from `before` to `after`, at most 200 changes. Objects and maps are compared by key, sets by member, arrays by
 * index after taking off their common start and end, so that a `shift()` shows as one removal.
 */
export function diffValues(before: CapturedValue, after: CapturedValue): ValueChange[] {
  const changes: ValueChange[] = [];
  walk(before, after, '', 0, changes);
  return changes;
}

function walk(before: CapturedValue, after: CapturedValue, path: string, depth: number, out: ValueChange[]): void {
  if (out.length >= MAX_CHANGES || sameValue(before, after)) return;
  if (depth < MAX_DEPTH && isTree(before) && isTree(after) && before.$ === after.$) {
    const marked = out.length;
    if (before.$ === 'array' && after.$ === 'array') arrays(before.items, after.items, path, depth, out);
    else if (before.$ === 'set' && after.$ === 'set') sets(before.items, after.items, path, out);
    else keyed(entriesOf(before), entriesOf(after), path, depth, out);
    if (out.length > marked) return;
    // Different beyond what was copied (size, class): shown as a whole.
  }
  out.push({ path, op: 'changed', before, after });
}

type Tree = Extract<CapturedValue, { readonly $: 'object' | 'array' | 'map' | 'set' }>;

function isTree(value: CapturedValue): value is Tree {
  if (value === null || typeof value !== 'object') return false;
  return value.$ === 'object' || value.$ === 'array' || value.$ === 'map' || value.$ === 'set';
}

function entriesOf(value: Tree): Entries {
  if (value.$ === 'object')
    return value.entries.map(([key, item]) => [IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, item]);
  if (value.$ === 'map') return value.entries.map(([key, item]) => [`[${JSON.stringify(key)}]`, item]);
  return [];
}

function keyed(before: Entries, after: Entries, path: string, depth: number, out: ValueChange[]): void {
  const old = new Map(before);
  const now = new Map(after);
  for (const [key, item] of after) {
    const was = old.get(key);
    if (was !== undefined) walk(was, item, path + key, depth + 1, out);
    else if (out.length < MAX_CHANGES) out.push({ path: path + key, op: 'added', before: null, after: item });
  }
  for (const [key, item] of before) {
    if (!now.has(key) && out.length < MAX_CHANGES)
      out.push({ path: path + key, op: 'removed', before: item, after: null });
  }
}

function arrays(
  before: readonly CapturedValue[],
  after: readonly CapturedValue[],
  path: string,
  depth: number,
  out: ValueChange[],
): void {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameValue(before[start] as CapturedValue, after[start] as CapturedValue)) start++;
  let end = 0;
  while (
    end < shorter - start &&
    sameValue(before[before.length - 1 - end] as CapturedValue, after[after.length - 1 - end] as CapturedValue)
  ) {
    end++;
  }
  const both = shorter - start - end;
  for (let i = start; i < start + both; i++) {
    walk(before[i] as CapturedValue, after[i] as CapturedValue, `${path}[${i}]`, depth + 1, out);
  }
  for (let i = start + both; i < before.length - end && out.length < MAX_CHANGES; i++) {
    out.push({ path: `${path}[${i}]`, op: 'removed', before: before[i] as CapturedValue, after: null });
  }
  for (let i = start + both; i < after.length - end && out.length < MAX_CHANGES; i++) {
    out.push({ path: `${path}[${i}]`, op: 'added', before: null, after: after[i] as CapturedValue });
  }
}

function sets(
  before: readonly CapturedValue[],
  after: readonly CapturedValue[],
  path: string,
  out: ValueChange[],
): void {
  const old = new Set(before.map((item) => JSON.stringify(item)));
  const now = new Set(after.map((item) => JSON.stringify(item)));
  for (const item of after) {
    const text = JSON.stringify(item);
    if (!old.has(text) && out.length < MAX_CHANGES)
      out.push({ path: `${path}(${text})`, op: 'added', before: null, after: item });
  }
  for (const item of before) {
    const text = JSON.stringify(item);
    if (!now.has(text) && out.length < MAX_CHANGES)
      out.push({ path: `${path}(${text})`, op: 'removed', before: item, after: null });
  }
}
