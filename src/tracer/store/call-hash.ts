/**
 * Call id -> row of the span table, open addressing with linear probing. Call ids exceed 32 bits, so a `Map` would box each
 * key; at a million calls this takes 12-24 bytes per entry and a third of the time (test/bench/store.ts).
 */
export class CallHash {
  #keys = new Float64Array(1024);
  #rows = new Int32Array(1024).fill(-1);
  #mask = 1023;
  #size = 0;

  get(call: number): number {
    let slot = hash(call) & this.#mask;
    for (;;) {
      const row = this.#rows[slot] as number;
      if (row < 0 || this.#keys[slot] === call) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a call that is not there yet. */
  add(call: number, row: number): void {
    if (this.#size * 2 >= this.#mask) this.#grow();
    this.#put(call, row);
    this.#size++;
  }

  #put(call: number, row: number): void {
    let slot = hash(call) & this.#mask;
    while ((this.#rows[slot] as number) >= 0) slot = (slot + 1) & this.#mask;
    this.#keys[slot] = call;
    this.#rows[slot] = row;
  }

  #grow(): void {
    const keys = this.#keys;
    const rows = this.#rows;
    const capacity = keys.length * 2;
    this.#keys = new Float64Array(capacity);
    this.#rows = new Int32Array(capacity).fill(-1);
    this.#mask = capacity - 1;
    for (let i = 0; i < keys.length; i++) {
      const row = rows[i] as number;
      if (row >= 0) this.#put(keys[i] as number, row);
    }
  }
}

/** Mixes the low 40 bits (a counter) with the target above them; multiplicative (Knuth), then folded. */
function hash(call: number): number {
  const high = Math.floor(call / 4_294_967_296);
  let h = Math.imul((call - high * 4_294_967_296) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  h ^= h >>> 15;
  return h >>> 0;
}
