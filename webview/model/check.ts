/** Small checks for data that came from elsewhere. Each returns the value with its type, or throws `Mismatch`. */

/** Names the place that did not fit. Caught at the border; never shown as it is. */
export class Mismatch extends Error {
  constructor(where: string, expected: string) {
    super(`${where} is not ${expected}`);
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mismatch(where, 'an object');
  return value as Fields;
}

export function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Mismatch(where, 'a string');
  return value;
}

/** A finite number: times, ids and counts; never NaN or an infinity. */
export function number(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Mismatch(where, 'a finite number');
  return value;
}

export function flag(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new Mismatch(where, 'true or false');
  return value;
}

export function oneOf<T extends string | number>(value: unknown, allowed: readonly T[], where: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new Mismatch(where, `one of ${allowed.join(', ')}`);
  return found;
}

export function orNull<T>(value: unknown, where: string, check: (value: unknown, where: string) => T): T | null {
  return value === null || value === undefined ? null : check(value, where);
}

/** Every item checked; longer lists than `most` are refused. */
export function list<T>(
  value: unknown,
  where: string,
  check: (value: unknown, where: string) => T,
  most = 100_000,
): readonly T[] {
  if (!Array.isArray(value) || value.length > most) throw new Mismatch(where, `a list of at most ${most}`);
  for (let i = 0; i < value.length; i++) check(value[i], `${where}[${i}]`);
  return value as readonly T[];
}
