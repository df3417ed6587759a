import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TraceEvent } from '../event/event.ts';
import { MAX_LINE_UNITS } from './event-parse.ts';
import { LineLog } from './line-log.ts';
import type { Segment } from './manifest.ts';
import { segmentFile } from './paths.ts';

/** A segment is closed once it holds this many bytes. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
const CHUNK_UNITS = 256 * 1024;
const FLUSH_MS = 100;
/** Waiting for the disk at most; then events are refused instead of filling the memory. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

interface Chunk {
  readonly segment: number;
  readonly bytes: Buffer;
  readonly events: number;
}

interface SegmentWriterOptions {
  readonly segmentBytes?: number;
  readonly maxPendingBytes?: number;
  /** The disk failed: nothing more will be written. Called once. */
  readonly failed: (error: unknown) => void;
  /** The disk is too slow: events are being refused. Called once. */
  readonly slow: (pendingBytes: number) => void;
}

type OpenSegment = { -readonly [K in keyof Segment]: Segment[K] };

/**
 * Appends events as lines to `events-NNNNNN.jsonl`. Lines are gathered into chunks of 256 KB or 100 ms, whichever comes
 * first, and written in the background one after another; a killed process loses at most what 100 ms brought.
 */
export class SegmentWriter {
  readonly log = new LineLog();
  readonly segments: OpenSegment[] = [];
  /** Events that were refused: disk failed or too slow, or the line too long. */
  lost = 0;
  readonly #directory: string;
  readonly #options: SegmentWriterOptions;
  #lines: string[] = [];
  #events: TraceEvent[] = [];
  #units = 0;
  #queue: Chunk[] = [];
  #pending = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #file: { readonly segment: number; readonly handle: FileHandle } | null = null;
  #broken = false;
  #slow = false;

  constructor(directory: string, options: SegmentWriterOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  append(events: readonly TraceEvent[]): void {
    if (this.#broken || this.#isFull()) {
      this.lost += events.length;
      return;
    }
    for (const event of events) {
      const line = lineOf(event);
      if (line === null) {
        this.lost++;
        continue;
      }
      this.#lines.push(line);
      this.#events.push(event);
      this.#units += line.length + 1;
      if (this.#units >= CHUNK_UNITS) this.#seal();
    }
    if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#seal(), FLUSH_MS);
  }

  /** Resolves when everything appended so far is written or given up. */
  async flush(): Promise<void> {
    this.#seal();
    while (this.#running !== null) await this.#running;
  }

  async close(): Promise<void> {
    await this.flush();
    const file = this.#file;
    this.#file = null;
    await file?.handle.close().catch(() => undefined);
  }

  #isFull(): boolean {
    const full = this.#pending > (this.#options.maxPendingBytes ?? MAX_PENDING_BYTES);
    if (full && !this.#slow) {
      this.#slow = true;
      this.#options.slow(this.#pending);
    }
    return full;
  }

  /** Turns the gathered lines into one chunk for the disk and notes where each line will lie. */
  #seal(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    const events = this.#events;
    this.#lines = [];
    this.#events = [];
    this.#units = 0;
    const text = `${lines.join('\n')}\n`;
    const bytes = Buffer.from(text, 'utf8');
    const segment = this.#segmentFor(bytes.length, events[0] as TraceEvent);
    const ascii = bytes.length === text.length;
    let offset = segment.bytes;
    for (let i = 0; i < lines.length; i++) {
      const event = events[i] as TraceEvent;
      const line = lines[i] as string;
      this.log.add(event.seq, offset);
      offset += (ascii ? line.length : Buffer.byteLength(line)) + 1;
      if (event.t < segment.fromNs) segment.fromNs = event.t;
      if (event.t > segment.toNs) segment.toNs = event.t;
    }
    segment.bytes = offset;
    segment.events += lines.length;
    this.#queue.push({ segment: this.segments.length, bytes, events: lines.length });
    this.#pending += bytes.length;
    this.#running ??= this.#drain();
  }

  #segmentFor(bytes: number, first: TraceEvent): OpenSegment {
    const current = this.segments.at(-1);
    const limit = this.#options.segmentBytes ?? SEGMENT_BYTES;
    if (current !== undefined && (current.bytes === 0 || current.bytes + bytes <= limit)) return current;
    const next = {
      file: segmentFile(this.segments.length + 1),
      firstSeq: first.seq,
      events: 0,
      bytes: 0,
      fromNs: first.t,
      toNs: first.t,
    };
    this.segments.push(next);
    this.log.nextSegment();
    return next;
  }

  async #drain(): Promise<void> {
    try {
      for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
        await this.#write(chunk);
        this.#pending -= chunk.bytes.length;
        this.log.written += chunk.events;
      }
    } catch (error) {
      this.#broken = true;
      this.lost += this.log.length - this.log.written + this.#lines.length;
      this.#queue = [];
      this.#pending = 0;
      this.#lines = [];
      this.#events = [];
      this.#options.failed(error);
    } finally {
      this.#running = null;
    }
  }

  async #write(chunk: Chunk): Promise<void> {
    if (this.#file?.segment !== chunk.segment) {
      await this.#file?.handle.close();
      this.#file = null;
      const handle = await open(join(this.#directory, segmentFile(chunk.segment)), 'ax', 0o600);
      this.#file = { segment: chunk.segment, handle };
    }
    const { handle } = this.#file as { handle: FileHandle };
    for (let done = 0; done < chunk.bytes.length; ) {
      const { bytesWritten } = await handle.write(chunk.bytes, done);
      done += bytesWritten;
    }
  }
}

function lineOf(event: TraceEvent): string | null {
  try {
    const line = JSON.stringify(event);
    return line.length > MAX_LINE_UNITS ? null : line;
  } catch {
    // Nested deeper than the stack allows; no honest agent sends that.
    return null;
  }
}
