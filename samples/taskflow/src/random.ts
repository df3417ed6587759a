/** A number in [0, 1), and the next one at each call. */
export type Random = () => number;

/** The mulberry32 generator (public domain, Tommy Ettinger): the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The element that a roll in [0, 1) falls on; undefined for an empty list. */
export function pick<T>(items: readonly T[], roll: number): T | undefined {
  return items[Math.floor(roll * items.length)];
}
