/** Rows per block; each block knows its time range, so that a time window skips whole blocks. */
export const BLOCK = 1024;

/** Columns of the events, one row per event in storage order; 34 bytes per event. Arrays are replaced when they grow. */
export class EventTable {
  length = 0;
  type = new Uint8Array(BLOCK);
  target = new Uint16Array(BLOCK);
  /** Probe id, 0 for none. */
  probe = new Uint32Array(BLOCK);
  /** Row of the span table the event belongs to, -1 for none. */
  span = new Int32Array(BLOCK);
  t = new Float64Array(BLOCK);
  seq = new Uint32Array(BLOCK);
  /** Number of the segment that holds the line, 0 while it is not on disk. */
  segment = new Uint16Array(BLOCK);
  /** Byte offset of the line in its segment. */
  offset = new Uint32Array(BLOCK);
  /** Per block: smallest and largest `t`. Events of different targets interleave by batches, so `t` is not sorted. */
  blockFrom = new Float64Array(16).fill(Number.POSITIVE_INFINITY);
  blockTo = new Float64Array(16).fill(Number.NEGATIVE_INFINITY);

  /** Per block: a bit per type that occurs, and a bit per probe id modulo 32, so that rare ones skip whole blocks. */
  blockTypes = new Int32Array(16);
  blockProbes = new Int32Array(16);

  add(type: number, target: number, probe: number, span: number, t: number, seq: number): number {
    if (this.length === this.type.length) this.reserve(Math.max(BLOCK, this.length * 2));
    const row = this.length++;
    this.type[row] = type;
    this.target[row] = target;
    this.probe[row] = probe;
    this.span[row] = span;
    this.t[row] = t;
    this.seq[row] = seq;
    this.#note(row, t);
    return row;
  }

  reserve(rows: number): void {
    if (rows <= this.type.length) return;
    this.type = copy(this.type, new Uint8Array(rows));
    this.target = copy(this.target, new Uint16Array(rows));
    this.probe = copy(this.probe, new Uint32Array(rows));
    this.span = copy(this.span, new Int32Array(rows));
    this.t = copy(this.t, new Float64Array(rows));
    this.seq = copy(this.seq, new Uint32Array(rows));
    this.segment = copy(this.segment, new Uint16Array(rows));
    this.offset = copy(this.offset, new Uint32Array(rows));
  }

  #note(row: number, t: number): void {
    const block = Math.floor(row / BLOCK);
    if (block === this.blockFrom.length) {
      this.blockFrom = copy(this.blockFrom, new Float64Array(block * 2).fill(Number.POSITIVE_INFINITY));
      this.blockTypes = copy(this.blockTypes, new Int32Array(block * 2));
      this.blockProbes = copy(this.blockProbes, new Int32Array(block * 2));
      this.blockTo = copy(this.blockTo, new Float64Array(block * 2).fill(Number.NEGATIVE_INFINITY));
    }
    this.blockTypes[block] = (this.blockTypes[block] as number) | (1 << (this.type[row] as number));
    this.blockProbes[block] = (this.blockProbes[block] as number) | (1 << ((this.probe[row] as number) & 31));
    if (t < (this.blockFrom[block] as number)) this.blockFrom[block] = t;
    if (t > (this.blockTo[block] as number)) this.blockTo[block] = t;
  }

  /** Computes the blocks anew after the columns were loaded. */
  rebuildBlocks(): void {
    for (let row = 0; row < this.length; row++) this.#note(row, this.t[row] as number);
  }

  /** The row of event `seq`, -1 when there is none. `seq` rises from row to row, without gaps unless lines were damaged. */
  rowOf(seq: number): number {
    if (seq < this.length && this.seq[seq] === seq) return seq;
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.seq[middle] as number;
      if (found === seq) return middle;
      if (found < seq) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** Copies `from` to the start of `to` and returns `to`. */
export function copy<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
