/**
 * A value as it was copied out of a target at one moment: plain JSON, never a live reference.
 *
 * JSON scalars stand for themselves and are whole. Everything else is an object with the discriminant `$`.
 * Truncated, redacted and not captured each have a form of their own; none of them looks like `undefined`.
 */
export type CapturedValue = null | boolean | number | string | CapturedObject;

/** Why something was left out: too deep, past the item/key limit, past the byte or time limit of the capture. */
export type CutReason = 'depth' | 'budget' | 'time';
/** Why nothing was captured: a getter (never run), a Proxy (never trapped), a missing path, a capture that failed. */
export type MissingReason =
  | 'getter'
  | 'proxy'
  | 'path'
  | 'failed'
  | 'installed-mid-call'
  | 'not-a-native-promise'
  | 'off';

export type CapturedObject =
  | { readonly $: 'undefined' }
  | { readonly $: 'number'; readonly v: 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly $: 'bigint'; readonly v: string }
  | { readonly $: 'symbol'; readonly v: string }
  /** A string cut after `v`; `length` is the whole length in UTF-16 units. */
  | { readonly $: 'string'; readonly v: string; readonly length: number }
  /** Own enumerable string keys in order. `size` is the number of keys when more exist than shown. `id` only where identity was asked for. */
  | {
      readonly $: 'object';
      readonly class?: string;
      readonly id?: number;
      readonly entries: readonly (readonly [string, CapturedValue])[];
      readonly size?: number;
    }
  /** `length` is present when more items exist than shown. */
  | { readonly $: 'array'; readonly class?: string; readonly items: readonly CapturedValue[]; readonly length?: number }
  | {
      readonly $: 'map';
      readonly entries: readonly (readonly [CapturedValue, CapturedValue])[];
      readonly size?: number;
    }
  | { readonly $: 'set'; readonly items: readonly CapturedValue[]; readonly size?: number }
  | { readonly $: 'date'; readonly v: string }
  | { readonly $: 'regexp'; readonly v: string }
  | { readonly $: 'error'; readonly name: string; readonly message: string; readonly stack?: string }
  | { readonly $: 'function'; readonly name: string }
  /** ArrayBuffer, typed array, Buffer: `length` in bytes, `v` the first bytes in hexadecimal. */
  | { readonly $: 'bytes'; readonly class: string; readonly length: number; readonly v: string }
  /** Anything known by its class alone: Promise, WeakMap, generator ... */
  | { readonly $: 'opaque'; readonly class: string }
  /** The same object appeared `up` levels above in this value: a cycle. */
  | { readonly $: 'cycle'; readonly up: number }
  | { readonly $: 'cut'; readonly why: CutReason }
  | { readonly $: 'redacted'; readonly why: string }
  | { readonly $: 'missing'; readonly why: MissingReason };

export const UNDEFINED: CapturedObject = { $: 'undefined' };

/** Whether two captured values are the same, structurally, key order included. */
export function sameValue(a: CapturedValue, b: CapturedValue): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
