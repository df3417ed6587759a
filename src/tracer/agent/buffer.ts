import { Tag } from './wire.ts';

/** Thrown inside the agent when a record does not fit; the record is rolled back and counted as dropped. */
export const OVERFLOW = { overflow: true } as const;

/** The one method of Node's Buffer that the agent uses beyond Uint8Array; typed here because the agent has no dependencies. */
interface NodeBuffer extends Uint8Array {
  base64Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
}

const FIRST_CAPACITY = 1 << 20;
const LONG_STRING = 48;

/**
 * Bounded byte queue: the hot path appends records, the host takes chunks from the front. Records become visible on
 * `commit` only, so a drain that interrupts the application in the middle of a record never sees half of it.
 */
export class RecordBuffer {
  /** Position behind the last byte written. */
  private pos = 0;
  /** Position behind the last committed record. */
  private committed = 0;
  /** Position of the first byte not yet taken. */
  private taken = 0;
  private bytes: NodeBuffer;
  private float = new Float64Array(1);
  private floatBytes = new Uint8Array(this.float.buffer);

  /** `limit` in bytes; memory grows towards it only when needed. */
  constructor(
    private readonly allocate: (size: number) => Uint8Array,
    private readonly limit: number,
  ) {
    this.bytes = allocate(Math.min(FIRST_CAPACITY, limit)) as NodeBuffer;
  }

  get pending(): number {
    return this.committed - this.taken;
  }

  /** Bytes the record under construction holds so far. */
  get open(): number {
    return this.pos - this.committed;
  }

  commit(): void {
    this.committed = this.pos;
  }

  rollback(): void {
    this.pos = this.committed;
  }

  /** Takes at most `max` bytes from the front, as base64. Must not be called while a record is open. */
  take(max: number): string {
    const end = Math.min(this.committed, this.taken + max);
    const text = this.bytes.base64Slice(this.taken, end);
    this.taken = end;
    if (this.taken === this.committed) {
      this.taken = 0;
      this.committed = 0;
      this.pos = 0;
    }
    return text;
  }

  private reserve(n: number): void {
    if (this.pos + n > this.bytes.length) this.makeRoom(n);
  }

  private makeRoom(n: number): void {
    // Moving is worth it only for a good part of the buffer: at the limit, a slow host would else make every record move it all.
    if (this.taken > this.bytes.length >>> 2) this.moveTo(this.bytes);
    if (this.pos + n <= this.bytes.length) return;
    if (this.bytes.length >= this.limit || this.pos - this.taken + n > this.limit) throw OVERFLOW;
    this.moveTo(this.allocate(Math.min(this.limit, this.bytes.length * 2)) as NodeBuffer);
    if (this.pos + n > this.bytes.length) this.makeRoom(n);
  }

  private moveTo(target: NodeBuffer): void {
    if (target === this.bytes) target.copyWithin(0, this.taken, this.pos);
    else target.set(this.bytes.subarray(this.taken, this.pos));
    this.pos -= this.taken;
    this.committed -= this.taken;
    this.taken = 0;
    this.bytes = target;
  }

  byte(value: number): void {
    if (this.pos === this.bytes.length) this.makeRoom(1);
    this.bytes[this.pos++] = value;
  }

  /** Unsigned integer up to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    const bytes = this.bytes;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[this.pos++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[this.pos++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.pos++] = rest;
  }

  double(value: number): void {
    this.reserve(8);
    this.float[0] = value;
    this.bytes.set(this.floatBytes, this.pos);
    this.pos += 8;
  }

  /** Tagged string, whole. Callers bound the length. */
  string(text: string): void {
    const length = text.length;
    this.reserve(2 * length + 16);
    const start = this.pos;
    this.bytes[this.pos++] = Tag.str8;
    this.varint(length);
    const bytes = this.bytes;
    let pos = this.pos;
    if (length <= LONG_STRING) {
      for (let i = 0; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 255) return this.wide(text, start);
        bytes[pos++] = unit;
      }
      this.pos = pos;
      return;
    }
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 255) return this.wide(text, start);
    this.bytes.latin1Write(text, pos, length);
    this.pos = pos + length;
  }

  private wide(text: string, start: number): void {
    this.pos = start;
    this.bytes[this.pos++] = Tag.str16;
    this.varint(text.length);
    const bytes = this.bytes;
    let pos = this.pos;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      bytes[pos++] = unit & 255;
      bytes[pos++] = unit >>> 8;
    }
    this.pos = pos;
  }
}
