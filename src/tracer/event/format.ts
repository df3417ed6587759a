import type { CapturedObject, CapturedValue } from './value.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const MAX_DEPTH = 12;

/** Escapes everything that could move a cursor, change colours or reorder text on a terminal or in an editor. */
export function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is searched for
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => {
      if (c === '\n') return '\\n';
      if (c === '\t') return '\\t';
      if (c === '\r') return '\\r';
      const code = c.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
}

/**
 * One line of text for people, at most `max` UTF-16 units (an ellipsis at the end says that it was shortened).
 * What was cut, redacted or not captured is set in guillemets (`‹redacted: password›`), so that it never looks like a value.
 */
export function formatValue(value: CapturedValue, max = 120): string {
  const out = new Line(Math.max(1, max));
  write(out, value, 0);
  return out.text();
}

/** Several values as an argument list without brackets, at most `max` UTF-16 units. */
export function formatArgs(args: readonly CapturedValue[], max = 120): string {
  const out = new Line(Math.max(1, max));
  list(out, args, 0);
  return out.text();
}

/** Collects text and tells when it is full, so that a huge value costs no more than the line it fills. */
class Line {
  #text = '';
  readonly #max: number;
  constructor(max: number) {
    this.#max = max;
  }
  get full(): boolean {
    return this.#text.length > this.#max;
  }
  add(text: string): void {
    if (!this.full) this.#text += text;
  }
  /** Room for `raw` before escaping: more than the line can show is never worth escaping. */
  clip(raw: string): string {
    return raw.length > this.#max + 1 ? raw.slice(0, this.#max + 1) : raw;
  }
  text(): string {
    if (!this.full) return this.#text;
    const end = this.#max - 1;
    // A surrogate pair cut in half would show as a replacement character.
    const cut = /[\ud800-\udbff]/.test(this.#text[end - 1] ?? '') ? end - 1 : end;
    return `${this.#text.slice(0, Math.max(0, cut))}…`;
  }
}

function quoted(out: Line, raw: string): string {
  const text = escapeControls(out.clip(raw).replace(/[\\']/g, '\\$&'));
  return `'${text}'`;
}

function note(out: Line, text: string): void {
  out.add(`‹${escapeControls(out.clip(text))}›`);
}

function write(out: Line, value: CapturedValue, depth: number): void {
  if (out.full) return;
  if (value === null || typeof value === 'boolean' || typeof value === 'number') out.add(String(value));
  else if (typeof value === 'string') out.add(quoted(out, value));
  else if (typeof value !== 'object') note(out, 'unknown');
  else if (depth >= MAX_DEPTH) out.add('…');
  else writeObject(out, value, depth);
}

function writeObject(out: Line, value: CapturedObject, depth: number): void {
  switch (value.$) {
    case 'undefined':
      out.add('undefined');
      return;
    case 'number':
      out.add(value.v);
      return;
    case 'bigint':
      out.add(`${escapeControls(out.clip(value.v))}n`);
      return;
    case 'symbol':
      out.add(`Symbol(${escapeControls(out.clip(value.v))})`);
      return;
    case 'string':
      out.add(quoted(out, value.v));
      note(out, `cut, ${value.length} characters`);
      return;
    case 'object': {
      if (value.class !== undefined && value.class !== 'Object') out.add(`${name(out, value.class)} `);
      entries(out, value.entries, value.size, depth, (key) => {
        out.add(IDENTIFIER.test(key as string) ? (key as string) : quoted(out, key as string));
        out.add(': ');
      });
      return;
    }
    case 'array': {
      if (value.class !== undefined && value.class !== 'Array') out.add(`${name(out, value.class)} `);
      out.add('[');
      list(out, value.items, depth + 1);
      more(out, value.items.length, value.length);
      out.add(']');
      return;
    }
    case 'map': {
      out.add('Map ');
      entries(out, value.entries, value.size, depth, (key) => {
        write(out, key, depth + 1);
        out.add(' => ');
      });
      return;
    }
    case 'set': {
      out.add('Set {');
      list(out, value.items, depth + 1);
      more(out, value.items.length, value.size);
      out.add('}');
      return;
    }
    case 'date':
      out.add(`Date ${escapeControls(out.clip(value.v))}`);
      return;
    case 'regexp':
      out.add(escapeControls(out.clip(value.v)));
      return;
    case 'error':
      out.add(`${name(out, value.name)}: ${escapeControls(out.clip(value.message))}`);
      return;
    case 'function':
      out.add(`ƒ ${name(out, value.name === '' ? '(anonymous)' : value.name)}`);
      return;
    case 'bytes':
      out.add(`${name(out, value.class)}(${value.length}) ${escapeControls(out.clip(value.v))}`);
      if (value.v.length < value.length * 2) out.add('…');
      return;
    case 'opaque':
      out.add(`${name(out, value.class)} {…}`);
      return;
    case 'cycle':
      note(out, value.up === 1 ? 'cycle: the object above' : `cycle: ${value.up} levels up`);
      return;
    case 'cut':
      note(out, CUT[value.why] ?? 'cut');
      return;
    case 'redacted':
      note(out, `redacted: ${value.why}`);
      return;
    case 'missing':
      note(out, `not captured: ${MISSING[value.why] ?? value.why}`);
      return;
    default:
      note(out, 'unknown');
      return;
  }
}

const CUT: Readonly<Record<string, string>> = {
  depth: 'cut: too deep',
  budget: 'cut: too large',
  time: 'cut: took too long',
};
const MISSING: Readonly<Record<string, string>> = {
  getter: 'a getter, not run',
  proxy: 'a Proxy, not touched',
  path: 'nothing at this path',
  failed: 'the copy failed',
  'installed-mid-call': 'the call began before the probe',
  'not-a-native-promise': 'not a native promise',
  off: 'not asked for',
};

function name(out: Line, raw: string): string {
  return escapeControls(out.clip(raw));
}

function list(out: Line, items: readonly CapturedValue[], depth: number): void {
  for (let i = 0; i < items.length && !out.full; i++) {
    if (i > 0) out.add(', ');
    write(out, items[i] as CapturedValue, depth);
  }
}

function more(out: Line, shown: number, size: number | undefined): void {
  if (size !== undefined && size > shown) out.add(`${shown > 0 ? ', ' : ''}… ${size - shown} more`);
}

function entries(
  out: Line,
  pairs: readonly (readonly [CapturedValue, CapturedValue])[],
  size: number | undefined,
  depth: number,
  key: (key: CapturedValue) => void,
): void {
  out.add('{');
  for (let i = 0; i < pairs.length && !out.full; i++) {
    if (i > 0) out.add(', ');
    const pair = pairs[i] as readonly [CapturedValue, CapturedValue];
    key(pair[0]);
    write(out, pair[1], depth + 1);
  }
  more(out, pairs.length, size);
  out.add('}');
}
