import { CallHash } from './call-hash.ts';
import { BLOCK, copy } from './event-table.ts';

/** `SpanTable.kind`: a ghost is a call that events refer to but whose start was never seen. */
export const SpanKindCode = { ghost: 0, call: 1, http: 2, db: 3 } as const;

/** Bits of `SpanTable.flags`. */
export const SpanBit = { failed: 1, ended: 2, lane: 4 } as const;

/** Longest chain of parents that is followed; a recording may be hostile. */
const MAX_ANCESTORS = 10_000;

/** Columns of the spans, one row per call id ever mentioned. Arrays are replaced when they grow. */
export class SpanTable {
  length = 0;
  /** Rows that are no ghosts. */
  started = 0;
  call = new Float64Array(BLOCK);
  /** Rows of parent and root; -1 for no parent. */
  parent = new Int32Array(BLOCK);
  root = new Int32Array(BLOCK);
  target = new Uint16Array(BLOCK);
  kind = new Uint8Array(BLOCK);
  flags = new Uint8Array(BLOCK);
  probe = new Uint32Array(BLOCK);
  /** Number in the index's string table; 0 when the probe names the span. */
  name = new Uint32Array(BLOCK);
  /** Number in the index's table of sites, 0 for none. */
  site = new Uint32Array(BLOCK);
  start = new Float64Array(BLOCK);
  /** Infinity while open. */
  end = new Float64Array(BLOCK);
  /** Rows of the events that started and ended it, -1 for none. */
  startRow = new Int32Array(BLOCK);
  endRow = new Int32Array(BLOCK);
  /** Of a root: row of the last event anywhere below it. Of others: of its own last event. */
  lastRow = new Int32Array(BLOCK);
  lane = new Uint16Array(BLOCK);
  depth = new Uint16Array(BLOCK);
  /** Children as a chain of rows. */
  firstChild = new Int32Array(BLOCK);
  lastChild = new Int32Array(BLOCK);
  nextSibling = new Int32Array(BLOCK);
  blockFrom = new Float64Array(16).fill(Number.POSITIVE_INFINITY);
  blockTo = new Float64Array(16).fill(Number.NEGATIVE_INFINITY);
  /** Spans of the block that are still open: such a block reaches into the present. */
  blockOpen = new Int32Array(16);
  #hash = new CallHash();

  /** The row of a call id, -1 when it was never mentioned. */
  find(call: number): number {
    return this.#hash.get(call);
  }

  /** The row of a call id; a ghost is made when it is new. */
  rowOf(call: number, target: number): number {
    const known = this.#hash.get(call);
    if (known >= 0) return known;
    if (this.length === this.call.length) this.reserve(Math.max(BLOCK, this.length * 2));
    const row = this.length++;
    this.#hash.add(call, row);
    this.call[row] = call;
    this.parent[row] = -1;
    this.root[row] = row;
    this.target[row] = target;
    this.start[row] = Number.POSITIVE_INFINITY;
    this.end[row] = Number.POSITIVE_INFINITY;
    this.startRow[row] = -1;
    this.endRow[row] = -1;
    this.lastRow[row] = -1;
    this.firstChild[row] = -1;
    this.lastChild[row] = -1;
    this.nextSibling[row] = -1;
    return row;
  }

  /** Turns a ghost into a span. Parents that would close a circle are dropped. */
  begin(row: number, kind: number, parent: number, root: number, t: number, startRow: number): void {
    this.started++;
    this.kind[row] = kind;
    this.start[row] = t;
    this.startRow[row] = startRow;
    this.root[row] = root;
    if (parent >= 0 && !this.#isAbove(row, parent)) {
      this.parent[row] = parent;
      this.#link(row, parent);
    }
    const block = this.#block(row);
    if (t < (this.blockFrom[block] as number)) this.blockFrom[block] = t;
    // Its end may have come first, when batches of several targets interleave.
    if (((this.flags[row] as number) & SpanBit.ended) === 0)
      this.blockOpen[block] = (this.blockOpen[block] as number) + 1;
    else this.blockTo[block] = Math.max(this.blockTo[block] as number, this.end[row] as number);
  }

  finish(row: number, t: number, endRow: number, failed: boolean): void {
    const open = ((this.flags[row] as number) & SpanBit.ended) === 0;
    this.end[row] = t;
    this.endRow[row] = endRow;
    this.flags[row] = (this.flags[row] as number) | SpanBit.ended | (failed ? SpanBit.failed : 0);
    if (this.kind[row] === SpanKindCode.ghost || !open) return;
    const block = this.#block(row);
    if (t > (this.blockTo[block] as number)) this.blockTo[block] = t;
    this.blockOpen[block] = (this.blockOpen[block] as number) - 1;
  }

  /** Whether span `row` is an ancestor of `other`, or the same. */
  #isAbove(row: number, other: number): boolean {
    // A new span has no children yet, so only a ghost mentioned before can close a circle.
    let at = other;
    for (let step = 0; at >= 0 && step < MAX_ANCESTORS; step++) {
      if (at === row) return true;
      at = this.parent[at] as number;
    }
    return at >= 0;
  }

  #link(row: number, parent: number): void {
    const last = this.lastChild[parent] as number;
    if (last < 0) this.firstChild[parent] = row;
    else this.nextSibling[last] = row;
    this.lastChild[parent] = row;
  }

  #block(row: number): number {
    const block = Math.floor(row / BLOCK);
    if (block >= this.blockFrom.length) {
      this.blockFrom = copy(this.blockFrom, new Float64Array(block * 2).fill(Number.POSITIVE_INFINITY));
      this.blockTo = copy(this.blockTo, new Float64Array(block * 2).fill(Number.NEGATIVE_INFINITY));
      this.blockOpen = copy(this.blockOpen, new Int32Array(block * 2));
    }
    return block;
  }

  reserve(rows: number): void {
    if (rows <= this.call.length) return;
    this.call = copy(this.call, new Float64Array(rows));
    this.parent = copy(this.parent, new Int32Array(rows));
    this.root = copy(this.root, new Int32Array(rows));
    this.target = copy(this.target, new Uint16Array(rows));
    this.kind = copy(this.kind, new Uint8Array(rows));
    this.flags = copy(this.flags, new Uint8Array(rows));
    this.probe = copy(this.probe, new Uint32Array(rows));
    this.name = copy(this.name, new Uint32Array(rows));
    this.site = copy(this.site, new Uint32Array(rows));
    this.start = copy(this.start, new Float64Array(rows));
    this.end = copy(this.end, new Float64Array(rows));
    this.startRow = copy(this.startRow, new Int32Array(rows));
    this.endRow = copy(this.endRow, new Int32Array(rows));
    this.lastRow = copy(this.lastRow, new Int32Array(rows));
    this.lane = copy(this.lane, new Uint16Array(rows));
    this.depth = copy(this.depth, new Uint16Array(rows));
    this.firstChild = copy(this.firstChild, new Int32Array(rows));
    this.lastChild = copy(this.lastChild, new Int32Array(rows));
    this.nextSibling = copy(this.nextSibling, new Int32Array(rows));
  }

  /** Derives what is not saved (hash, children, blocks) from the loaded columns; false when they contradict themselves. */
  rebuild(): boolean {
    const n = this.length;
    this.#hash = new CallHash();
    this.firstChild.fill(-1);
    this.lastChild.fill(-1);
    this.nextSibling.fill(-1);
    for (let row = 0; row < n; row++) {
      const parent = this.parent[row] as number;
      const root = this.root[row] as number;
      if (parent < -1 || parent >= n || parent === row || root < 0 || root >= n) return false;
      this.#hash.add(this.call[row] as number, row);
      if (parent >= 0) this.#link(row, parent);
      if (this.kind[row] === SpanKindCode.ghost) continue;
      this.started++;
      const block = this.#block(row);
      if ((this.start[row] as number) < (this.blockFrom[block] as number))
        this.blockFrom[block] = this.start[row] as number;
      if (((this.flags[row] as number) & SpanBit.ended) === 0)
        this.blockOpen[block] = (this.blockOpen[block] as number) + 1;
      else if ((this.end[row] as number) > (this.blockTo[block] as number))
        this.blockTo[block] = this.end[row] as number;
    }
    return !this.#hasCircle();
  }

  /** Walks every chain of parents once: 1 marks the chain being walked, 2 what is known to end. */
  #hasCircle(): boolean {
    const marks = new Uint8Array(this.length);
    for (let row = 0; row < this.length; row++) {
      let at = row;
      for (; at >= 0 && marks[at] === 0; at = this.parent[at] as number) marks[at] = 1;
      if (at >= 0 && marks[at] === 1) return true;
      for (at = row; at >= 0 && marks[at] === 1; at = this.parent[at] as number) marks[at] = 2;
    }
    return false;
  }
}
