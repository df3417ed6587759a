import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventIndex } from './event-index.ts';
import { MAX_LINE_BYTES, parseEvent } from './event-parse.ts';
import type { SegmentSize } from './index-file.ts';
import { segmentNumber } from './paths.ts';

const CHUNK = 1024 * 1024;
const NEWLINE = 10;

/**
 * Builds `index` from the segments, line by line in pieces of 1 MB. Damaged lines (no event, out of order, too long) are
 * skipped; returns their number. A last line without newline in the last segment is where the writer was interrupted.
 */
export async function scanSegments(
  directory: string,
  segments: readonly SegmentSize[],
  index: EventIndex,
): Promise<number> {
  let damaged = 0;
  for (const [i, segment] of segments.entries()) {
    const number = segmentNumber(segment.file);
    if (number === null) continue;
    const file = await open(join(directory, segment.file), 'r');
    try {
      const scan = new SegmentScan(number, index);
      await scan.run(file, segment.bytes);
      damaged += scan.damaged;
      if (scan.torn && i < segments.length - 1) damaged++;
    } finally {
      await file.close();
    }
  }
  return damaged;
}

class SegmentScan {
  damaged = 0;
  torn = false;
  readonly #number: number;
  readonly #index: EventIndex;
  /** Start of an unfinished line and its offset in the file. */
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;
  #skipping = false;

  constructor(number: number, index: EventIndex) {
    this.#number = number;
    this.#index = index;
  }

  async run(file: FileHandle, bytes: number): Promise<void> {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let position = 0; position < bytes; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK, bytes - position), position);
      if (bytesRead === 0) break;
      position += bytesRead;
      this.#take(chunk.subarray(0, bytesRead));
    }
    this.torn = this.#rest.length > 0 || this.#skipping;
  }

  #take(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let start = 0;
    for (let end = data.indexOf(NEWLINE, start); end >= 0; end = data.indexOf(NEWLINE, start)) {
      if (this.#skipping) this.#skipping = false;
      else this.#line(data.toString('utf8', start, end), this.#offset + start);
      start = end + 1;
    }
    this.#offset += start;
    if (data.length - start > MAX_LINE_BYTES || this.#skipping) {
      if (!this.#skipping) this.damaged++;
      this.#skipping = true;
      this.#offset += data.length - start;
      this.#rest = Buffer.alloc(0);
    } else this.#rest = Buffer.from(data.subarray(start));
  }

  #line(text: string, offset: number): void {
    const event = parseEvent(text);
    const row = event === null ? -1 : this.#index.append(event);
    if (row < 0) {
      this.damaged++;
      return;
    }
    this.#index.events.segment[row] = this.#number;
    this.#index.events.offset[row] = offset;
  }
}
