import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_LINE_BYTES } from './event-parse.ts';
import { segmentFile } from './paths.ts';

const BLOCK_BYTES = 64 * 1024;
const MAX_BLOCKS = 64;
const NEWLINE = 10;

/** Reads single lines and stretches out of a recording's segments, with a small cache (4 MB) of what lies around them. */
export class SegmentReader {
  readonly #directory: string;
  readonly #files = new Map<number, number>();
  readonly #blocks = new Map<string, Buffer>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The line that starts at byte `offset`, without its newline; null when it is not there, unfinished or too long. */
  line(segment: number, offset: number): string | null {
    const start = offset % BLOCK_BYTES;
    const first = this.#block(segment, Math.floor(offset / BLOCK_BYTES));
    if (first === null || start >= first.length) return null;
    const end = first.indexOf(NEWLINE, start);
    if (end >= 0) return first.toString('utf8', start, end);
    return this.#longLine(segment, offset);
  }

  /** Bytes `from` ..< `to`; shorter where the file ends, null when it cannot be read. */
  bytes(segment: number, from: number, to: number): Buffer | null {
    const file = this.#file(segment);
    if (file === null) return null;
    const buffer = Buffer.allocUnsafe(to - from);
    try {
      return buffer.subarray(0, readFully(file, buffer, from));
    } catch {
      return null;
    }
  }

  /** Present length of a segment in bytes. */
  size(segment: number): number {
    const file = this.#file(segment);
    return file === null ? 0 : fstatSync(file).size;
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
    this.#blocks.clear();
  }

  #longLine(segment: number, offset: number): string | null {
    for (let length = BLOCK_BYTES * 2; ; length *= 4) {
      const piece = this.bytes(segment, offset, offset + Math.min(length, MAX_LINE_BYTES));
      if (piece === null) return null;
      const end = piece.indexOf(NEWLINE);
      if (end >= 0) return piece.toString('utf8', 0, end);
      if (piece.length < length) return null;
    }
  }

  #block(segment: number, number: number): Buffer | null {
    const id = `${segment}:${number}`;
    const cached = this.#blocks.get(id);
    if (cached !== undefined) {
      this.#blocks.delete(id);
      this.#blocks.set(id, cached);
      return cached;
    }
    const block = this.bytes(segment, number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES);
    // An unfinished block belongs to a file that may still grow.
    if (block === null || block.length < BLOCK_BYTES) return block;
    this.#blocks.set(id, block);
    if (this.#blocks.size > MAX_BLOCKS) {
      for (const oldest of this.#blocks.keys()) {
        this.#blocks.delete(oldest);
        break;
      }
    }
    return block;
  }

  #file(segment: number): number | null {
    const known = this.#files.get(segment);
    if (known !== undefined) return known;
    try {
      const file = openSync(join(this.#directory, segmentFile(segment)), 'r');
      this.#files.set(segment, file);
      return file;
    } catch {
      return null;
    }
  }
}

function readFully(file: number, buffer: Buffer, position: number): number {
  let got = 0;
  while (got < buffer.length) {
    const read = readSync(file, buffer, got, buffer.length - got, position + got);
    if (read === 0) break;
    got += read;
  }
  return got;
}
