import { copy } from './event-table.ts';

/** Where the line of an event begins. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** Whoever knows where events lie on disk while they are still being written. */
export interface Places {
  /** Null while the event is not on disk. */
  place(seq: number): Place | null;
}

/** Where each written event lies: 8 bytes per event, by ordinal; segments by the ordinal they begin with. */
export class LineLog implements Places {
  #seq = new Uint32Array(1024);
  #offset = new Uint32Array(1024);
  #length = 0;
  readonly #segmentStarts: number[] = [];
  /** Ordinals below this are on disk. */
  written = 0;

  get length(): number {
    return this.#length;
  }

  /** The lines that follow lie in the next segment. */
  nextSegment(): void {
    this.#segmentStarts.push(this.#length);
  }

  add(seq: number, offset: number): void {
    if (this.#length === this.#seq.length) {
      this.#seq = copy(this.#seq, new Uint32Array(this.#length * 2));
      this.#offset = copy(this.#offset, new Uint32Array(this.#length * 2));
    }
    this.#seq[this.#length] = seq;
    this.#offset[this.#length] = offset;
    this.#length++;
  }

  place(seq: number): Place | null {
    const ordinal = this.#ordinal(seq);
    if (ordinal < 0 || ordinal >= this.written) return null;
    let segment = this.#segmentStarts.length;
    while (segment > 1 && (this.#segmentStarts[segment - 1] as number) > ordinal) segment--;
    return { segment, offset: this.#offset[ordinal] as number };
  }

  #ordinal(seq: number): number {
    if (seq < this.#length && this.#seq[seq] === seq) return seq;
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#seq[middle] as number;
      if (found === seq) return middle;
      if (found < seq) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}
