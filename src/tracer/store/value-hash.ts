import type { CapturedValue } from '../event/value.ts';

const MAX_NODES = 2_000;
let nodes = 0;

/**
 * A 32-bit hash of a captured value (FNV-1a over its tree, at most 2,000 nodes): equal values have equal hashes, so a
 * changed hash proves a change without keeping or re-reading the earlier value.
 */
export function hashValue(value: CapturedValue): number {
  nodes = 0;
  return mix(0x811c9dc5, value) >>> 0;
}

function mix(hash: number, value: unknown): number {
  if (nodes++ > MAX_NODES) return hash;
  if (typeof value === 'string') return text(byte(hash, 1), value);
  if (typeof value === 'number') return text(byte(hash, 2), String(value));
  if (value === null) return byte(hash, 3);
  if (typeof value === 'boolean') return byte(hash, value ? 4 : 5);
  if (Array.isArray(value)) {
    let h = byte(hash, 6);
    for (const item of value) h = mix(h, item);
    return byte(h, 7);
  }
  if (typeof value === 'object') {
    let h = byte(hash, 8);
    for (const key of Object.keys(value)) h = mix(text(h, key), (value as Record<string, unknown>)[key]);
    return byte(h, 9);
  }
  return hash;
}

const byte = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);

function text(hash: number, value: string): number {
  let h = hash;
  const length = Math.min(value.length, 4096);
  for (let i = 0; i < length; i++) h = Math.imul(h ^ value.charCodeAt(i), 0x01000193);
  return byte(h, value.length & 0xff);
}
