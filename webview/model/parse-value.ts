import { type Fields, fields, list, Mismatch, number, orNull, text } from './check.ts';

/** Deeper than any capture goes; a deeper one would overflow the stack of whoever draws it. */
const DEEPEST = 64;
const MOST_ITEMS = 1_000_000;

/** Checks that a value has one of the forms of `CapturedValue`, all the way down. */
export function captured(value: unknown, where: string): void {
  check(value, where, 0);
}

function check(value: unknown, where: string, depth: number): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return;
  if (depth > DEEPEST) throw new Mismatch(where, `at most ${DEEPEST} levels deep`);
  const v = fields(value, where);
  switch (v.$) {
    case 'undefined':
      return;
    case 'number':
    case 'bigint':
    case 'symbol':
    case 'date':
    case 'regexp':
      text(v.v, where);
      return;
    case 'string':
      text(v.v, where);
      number(v.length, where);
      return;
    case 'bytes':
      text(v.v, where);
      text(v.class, where);
      number(v.length, where);
      return;
    case 'object':
      orNull(v.class, where, text);
      pairs(v, where, (key) => text(key, where), depth);
      return;
    case 'map':
      pairs(v, where, (key) => check(key, where, depth + 1), depth);
      return;
    case 'array':
    case 'set':
      orNull(v.class, where, text);
      orNull(v.length ?? v.size, where, number);
      list<void>(v.items, where, (item) => check(item, where, depth + 1), MOST_ITEMS);
      return;
    case 'error':
      text(v.name, where);
      text(v.message, where);
      orNull(v.stack, where, text);
      return;
    case 'function':
      text(v.name, where);
      return;
    case 'opaque':
      text(v.class, where);
      return;
    case 'cycle':
      number(v.up, where);
      return;
    case 'cut':
    case 'redacted':
    case 'missing':
      text(v.why, where);
      return;
    default:
      throw new Mismatch(where, 'a captured value');
  }
}

function pairs(v: Fields, where: string, checkKey: (key: unknown) => void, depth: number): void {
  orNull(v.size, where, number);
  list<void>(
    v.entries,
    where,
    (pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Mismatch(where, 'a list of pairs');
      checkKey(pair[0]);
      check(pair[1], where, depth + 1);
    },
    MOST_ITEMS,
  );
}
