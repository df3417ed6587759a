import { formatValue } from '../../src/tracer/event/format.ts';
import type { CapturedObject, CapturedValue } from '../../src/tracer/event/value.ts';

/** How a value is coloured, and how it is told apart from real values: `void` is for what was not captured. */
export type Tone = 'string' | 'number' | 'keyword' | 'object' | 'function' | 'void' | 'error';

export interface Child {
  readonly label: string;
  readonly value: CapturedValue;
}

/** What was left out of a value that is otherwise there: `12 more`, `cut after 200 of 1,048,576 characters`; null when it is whole. */
export function shortfall(value: CapturedValue): string | null {
  if (typeof value !== 'object' || value === null) return null;
  switch (value.$) {
    case 'string':
      return `cut after ${value.v.length.toLocaleString('en')} of ${value.length.toLocaleString('en')} characters`;
    case 'object':
    case 'map':
      return more(value.size, value.entries.length);
    case 'set':
      return more(value.size, value.items.length);
    case 'array':
      return more(value.length, value.items.length);
    case 'bytes':
      return value.length * 2 > value.v.length ? `first ${value.v.length / 2} of ${value.length} bytes` : null;
    default:
      return null;
  }
}

function more(size: number | undefined, shown: number): string | null {
  return size !== undefined && size > shown ? `${(size - shown).toLocaleString('en')} more not captured` : null;
}

export function toneOf(value: CapturedValue): Tone {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return 'keyword';
  return TONES[value.$] ?? 'object';
}

const TONES: Readonly<Partial<Record<CapturedObject['$'], Tone>>> = {
  undefined: 'keyword',
  number: 'number',
  bigint: 'number',
  symbol: 'keyword',
  string: 'string',
  regexp: 'string',
  date: 'string',
  error: 'error',
  function: 'function',
  cut: 'void',
  redacted: 'void',
  missing: 'void',
};

/** What shows when a value is opened; empty for what has no inside. */
export function childrenOf(value: CapturedValue): Child[] {
  if (typeof value !== 'object' || value === null) return [];
  switch (value.$) {
    case 'object':
      return value.entries.map(([label, item]) => ({ label, value: item }));
    case 'array':
      return value.items.map((item, i) => ({ label: String(i), value: item }));
    case 'set':
      return value.items.map((item, i) => ({ label: String(i), value: item }));
    case 'map':
      return value.entries.map(([key, item]) => ({ label: formatValue(key, 60), value: item }));
    case 'error':
      return value.stack === undefined ? [] : [{ label: 'stack', value: value.stack }];
    default:
      return [];
  }
}

/** Text too long for one line, which opens by itself: strings and stacks. */
export function longText(value: CapturedValue): string | null {
  if (typeof value === 'string') return value.length > 80 || value.includes('\n') ? value : null;
  if (typeof value === 'object' && value?.$ === 'string') return value.v;
  return null;
}
