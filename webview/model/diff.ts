import { formatValue } from '../../src/tracer/event/format.ts';
import { type CapturedValue, sameValue } from '../../src/tracer/event/value.ts';

export interface Change {
  /** Path below the diffed value as a programmer writes it: `.slots[3].userId`; empty for the value itself. */
  readonly path: string;
  readonly op: 'add' | 'remove' | 'change';
  /** null for `add`. */
  readonly before: CapturedValue | null;
  /** null for `remove`. */
  readonly after: CapturedValue | null;
}

const MOST = 200;

/**
 * Differences between two copies of a value, in order, at most 200. Items at the front and back of arrays that stayed are matched
 * first, so that a `shift()` or `splice()` is a few entries and not one per item that moved.
 */
export function diffValues(before: CapturedValue, after: CapturedValue): Change[] {
  const changes: Change[] = [];
  walk('', before, after, changes);
  return changes;
}

function walk(path: string, before: CapturedValue, after: CapturedValue, changes: Change[]): void {
  if (changes.length >= MOST || sameValue(before, after)) return;
  if (isItems(before) && isItems(after) && before.$ === after.$) {
    walkItems(path, before.items, after.items, changes);
    return;
  }
  const old = keyed(before);
  const young = keyed(after);
  if (old === null || young === null || !sameKind(before, after)) {
    changes.push({ path, op: 'change', before, after });
    return;
  }
  for (const [key, value] of old) {
    const now = young.get(key);
    if (now === undefined) push(changes, { path: path + key, op: 'remove', before: value, after: null });
    else walk(path + key, value, now, changes);
  }
  for (const [key, value] of young) {
    if (!old.has(key)) push(changes, { path: path + key, op: 'add', before: null, after: value });
  }
}

function walkItems(
  path: string,
  old: readonly CapturedValue[],
  young: readonly CapturedValue[],
  changes: Change[],
): void {
  let head = 0;
  while (head < old.length && head < young.length && same(old[head], young[head])) head++;
  let tail = 0;
  const most = Math.min(old.length, young.length) - head;
  while (tail < most && same(old[old.length - 1 - tail], young[young.length - 1 - tail])) tail++;
  const common = Math.min(old.length, young.length) - tail;
  for (let i = head; i < Math.max(old.length, young.length) - tail; i++) {
    const was = i < old.length - tail ? old[i] : undefined;
    const is = i < young.length - tail ? young[i] : undefined;
    if (i < common && was !== undefined && is !== undefined) walk(`${path}[${i}]`, was, is, changes);
    else if (was !== undefined) push(changes, { path: `${path}[${i}]`, op: 'remove', before: was, after: null });
    else if (is !== undefined) push(changes, { path: `${path}[${i}]`, op: 'add', before: null, after: is });
  }
}

function push(changes: Change[], change: Change): void {
  if (changes.length < MOST) changes.push(change);
}

function same(a: CapturedValue | undefined, b: CapturedValue | undefined): boolean {
  return a !== undefined && b !== undefined && sameValue(a, b);
}

type Items = Extract<CapturedValue, { readonly $: 'array' | 'set' }>;

function isItems(value: CapturedValue): value is Items {
  return typeof value === 'object' && value !== null && (value.$ === 'array' || value.$ === 'set');
}

function sameKind(a: CapturedValue, b: CapturedValue): boolean {
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && a.$ === b.$;
}

function keyed(value: CapturedValue): Map<string, CapturedValue> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (value.$ === 'object') return new Map(value.entries.map(([key, item]) => [propertyPath(key), item]));
  if (value.$ === 'map') return new Map(value.entries.map(([key, item]) => [`[${formatValue(key, 60)}]`, item]));
  return null;
}

/** `.name`, or `["odd name"]`. */
export function propertyPath(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${formatValue(key, 60)}]`;
}
