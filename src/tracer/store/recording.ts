import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { recordingNotFound, recordingUnreadable } from '../error/store-errors.ts';
import type { TraceEvent } from '../event/event.ts';
import type { CallId, EventSeq, Nanoseconds, ProbeId, TargetId } from '../event/ids.ts';
import { EventIndex } from './event-index.ts';
import { MAX_LINE_BYTES, parseEvent } from './event-parse.ts';
import { type EventQuery, matchingRows, type QuerySource } from './event-query.ts';
import { BLOCK } from './event-table.ts';
import { loadIndex, type SegmentSize, saveIndex } from './index-file.ts';
import { PrivateJsonFile } from './json-file.ts';
import type { Places } from './line-log.ts';
import type { ProbeState, RecordingManifest } from './manifest.ts';
import { MAX_MANIFEST_BYTES, manifestFrom, manifestLost } from './manifest-schema.ts';
import { indexOf, manifestOf, segmentNumber } from './paths.ts';
import { isAlive } from './process-alive.ts';
import { SegmentReader } from './segment-reader.ts';
import { scanSegments } from './segment-scan.ts';
import type { Span } from './span.ts';
import { SpanBit, SpanKindCode } from './span-table.ts';

/** Events a live recording keeps in memory when older ones can be read back from disk. */
const TAIL = 32_768;
/** Recordings from here on get an index file when they had none: the next opening is worth the space. */
const WORTH_SAVING = 50_000;
const KINDS = ['call', 'call', 'http', 'db'] as const;

/** Where a live recording finds the events that are no longer in memory: its writer. */
export interface EventSource extends Places {
  readonly directory: string;
}

/** A recording, live or from disk: its manifest and everything that can be asked about its events. */
export class Recording {
  readonly index: EventIndex;
  /** Its folder; null for a live recording that is kept in memory alone. */
  readonly directory: string | null;
  /** The writer is gone without having finished: the recording ends where it was killed. */
  readonly interrupted: boolean;
  /** Lines that were skipped because they were no events; 0 for a sound recording. */
  readonly damaged: number;
  #manifest: RecordingManifest;
  #probes = new Map<number, ProbeState>();
  readonly #places: Places | null;
  readonly #reader: SegmentReader | null;
  /** Recent events of a live recording: all of them without `#places`, else a ring. */
  readonly #tail: TraceEvent[] | null;

  private constructor(parts: {
    manifest: RecordingManifest;
    index: EventIndex;
    directory: string | null;
    interrupted: boolean;
    damaged: number;
    places: Places | null;
    live: boolean;
  }) {
    this.index = parts.index;
    this.directory = parts.directory;
    this.interrupted = parts.interrupted;
    this.damaged = parts.damaged;
    this.#places = parts.places;
    this.#reader = parts.directory === null ? null : new SegmentReader(parts.directory);
    this.#tail = parts.live ? [] : null;
    this.#manifest = parts.manifest;
    this.update({});
  }

  /**
   * A recording that grows by `append`. With `source` (the writer that gets the same events) older events are read back
   * from disk; without it all of them stay in memory.
   */
  static live(manifest: RecordingManifest, source: EventSource | null = null): Recording {
    return new Recording({
      manifest,
      index: new EventIndex(),
      directory: source?.directory ?? null,
      interrupted: false,
      damaged: 0,
      places: source,
      live: true,
    });
  }

  /**
   * Opens a recording from its folder or its recording.json: complete, interrupted (its writer was killed) or being written by
   * another process. Throws `store.not-found` and `store.unreadable`.
   */
  static async open(path: string): Promise<Recording> {
    const full = resolve(path);
    const directory = basename(full) === 'recording.json' ? dirname(full) : full;
    const segments = await listSegments(directory, path);
    try {
      const file = new PrivateJsonFile(manifestOf(directory), manifestFrom, MAX_MANIFEST_BYTES);
      const found = await file.read();
      if (found === null && segments.length === 0) throw recordingNotFound(path);
      const manifest = found ?? manifestLost(basename(directory), 0);
      const interrupted = manifest.state === 'recording' && !isAlive(manifest.writerPid);
      let loaded = manifest.state === 'complete' || interrupted ? await loadIndex(indexOf(directory), segments) : null;
      if (loaded === null) {
        const index = new EventIndex();
        const damaged = await scanSegments(directory, segments, index);
        loaded = { index, damaged };
        if (index.events.length >= WORTH_SAVING && (interrupted || manifest.state === 'complete')) {
          // Someone else's or a read-only folder stays as it is.
          await saveIndex(indexOf(directory), index, segments, null, damaged).catch(() => undefined);
        }
      }
      return new Recording({ manifest, ...loaded, directory, interrupted, places: null, live: false });
    } catch (error) {
      if (error instanceof Error && error.name === 'NodeScopeError') throw error;
      throw recordingUnreadable(path, error);
    }
  }

  get manifest(): RecordingManifest {
    return this.#manifest;
  }

  /** Changes what a live recording knows about itself (probes, targets, findings). */
  update(patch: Partial<RecordingManifest>): void {
    this.#manifest = { ...this.#manifest, ...patch };
    this.#probes = new Map(this.#manifest.probes.map((probe) => [probe.id, probe]));
  }

  probeOf(probe: number): ProbeState | undefined {
    return this.#probes.get(probe);
  }

  /** Adds events to a live recording; `seq` must rise, what does not is left out. */
  append(events: readonly TraceEvent[]): void {
    const tail = this.#tail;
    if (tail === null) return;
    for (const event of events) {
      const row = this.index.append(event);
      if (row >= 0) tail[this.#places === null ? row : row % TAIL] = event;
    }
  }

  get eventCount(): number {
    return this.index.events.length;
  }

  /** Number of calls, requests and queries whose start was seen. */
  get spanCount(): number {
    return this.index.spans.started;
  }

  /** Times of the first and the last event; both 0 when there is none. */
  range(): { readonly from: Nanoseconds; readonly to: Nanoseconds } {
    const empty = this.index.events.length === 0;
    return { from: (empty ? 0 : this.index.from) as Nanoseconds, to: (empty ? 0 : this.index.to) as Nanoseconds };
  }

  /** The events that match, in order of storage. */
  query(query: EventQuery = {}): TraceEvent[] {
    return [...this.events(query)];
  }

  /** Like `query`, one at a time: for walking through more than fits into memory. */
  *events(query: EventQuery = {}): Generator<TraceEvent> {
    for (const row of matchingRows(this.#source(), query)) {
      const event = this.#read(row);
      if (event !== null) yield event;
    }
  }

  /** How many events match. */
  count(query: EventQuery = {}): number {
    let count = 0;
    for (const _ of matchingRows(this.#source(), query)) count++;
    return count;
  }

  event(seq: number): TraceEvent | null {
    const row = this.index.events.rowOf(seq);
    return row < 0 ? null : this.#read(row);
  }

  /** The event in a row of the index. */
  eventAt(row: number): TraceEvent | null {
    return row < 0 || row >= this.index.events.length ? null : this.#read(row);
  }

  /** The span of a call id; null when its start was not seen. */
  span(call: number): Span | null {
    const row = this.index.spans.find(call);
    return row < 0 ? null : this.spanAt(row);
  }

  /** Direct children, in order of their start. */
  children(call: number): Span[] {
    const { spans } = this.index;
    const parent = spans.find(call);
    const found: Span[] = [];
    if (parent < 0) return found;
    for (let row = spans.firstChild[parent] as number; row >= 0; row = spans.nextSibling[row] as number) {
      const span = this.spanAt(row);
      if (span !== null) found.push(span);
    }
    return found.sort((a, b) => a.start - b.start || a.startSeq - b.startSeq);
  }

  /** Spans without a (seen) parent that touch `from`..`to`, in order of their start. */
  roots(from: number, to: number): Span[] {
    const { spans } = this.index;
    const found: Span[] = [];
    for (const row of this.spanRows(from, to)) {
      const parent = spans.parent[row] as number;
      if (parent >= 0 && spans.kind[parent] !== SpanKindCode.ghost) continue;
      found.push(this.spanAt(row) as Span);
    }
    return found.sort((a, b) => a.start - b.start || a.startSeq - b.startSeq);
  }

  /** Rows of the span table whose span touches `from`..`to`, in order of arrival. */
  spanRows(from: number, to: number): Int32Array {
    const { spans } = this.index;
    const { kind, start, end } = spans;
    const ghost = SpanKindCode.ghost;
    const rows = new Int32Array(spans.length);
    let found = 0;
    for (let block = 0; block * BLOCK < spans.length; block++) {
      if ((spans.blockFrom[block] as number) > to) continue;
      if (spans.blockOpen[block] === 0 && (spans.blockTo[block] as number) < from) continue;
      const last = Math.min(spans.length, (block + 1) * BLOCK);
      for (let row = block * BLOCK; row < last; row++) {
        if (kind[row] === ghost) continue;
        if ((start[row] as number) <= to && (end[row] as number) >= from) rows[found++] = row;
      }
    }
    return rows.subarray(0, found);
  }

  /** Name of the span in a row: the function's, the request's or the statement's. */
  spanName(row: number): string {
    const { spans, names } = this.index;
    if (spans.kind[row] !== SpanKindCode.call) return names.at(spans.name[row] as number);
    return this.#probes.get(spans.probe[row] as number)?.name ?? `probe ${spans.probe[row]}`;
  }

  /** The span in a row of the span table; null for a call whose start was not seen. */
  spanAt(row: number): Span | null {
    const { spans, events } = this.index;
    const kind = spans.kind[row] as number;
    if (kind === SpanKindCode.ghost) return null;
    const flags = spans.flags[row] as number;
    const ended = (flags & SpanBit.ended) !== 0;
    const parent = spans.parent[row] as number;
    const probe = spans.probe[row] as number;
    return {
      call: spans.call[row] as CallId,
      parent: parent < 0 ? null : (spans.call[parent] as CallId),
      root: spans.call[spans.root[row] as number] as CallId,
      target: spans.target[row] as TargetId,
      kind: KINDS[kind] ?? 'call',
      name: this.spanName(row),
      probe: kind === SpanKindCode.call ? (probe as ProbeId) : null,
      start: spans.start[row] as Nanoseconds,
      end: ended ? (spans.end[row] as Nanoseconds) : null,
      failed: (flags & SpanBit.failed) !== 0,
      location: kind === SpanKindCode.call ? (this.#probes.get(probe)?.location ?? null) : this.index.site(row),
      startSeq: events.seq[spans.startRow[row] as number] as EventSeq,
      endSeq: ended ? (events.seq[spans.endRow[row] as number] as EventSeq) : null,
    };
  }

  /** Lets go of open files; the recording can still be asked, files are opened again when needed. */
  close(): void {
    this.#reader?.close();
  }

  #source(): QuerySource {
    return {
      index: this.index,
      probes: this.#manifest.probes,
      read: (row) => this.#read(row),
      mayContain: (from, to, needle) => this.#mayContain(from, to, needle),
    };
  }

  #read(row: number): TraceEvent | null {
    const recent = this.#recent(row);
    if (recent !== null) return recent;
    const place = this.#place(row);
    if (place === null) return null;
    const line = this.#reader?.line(place.segment, place.offset) ?? null;
    const event = line === null ? null : parseEvent(line);
    // A file that changed under its index must not answer with another event.
    return event !== null && event.seq === this.index.events.seq[row] ? event : null;
  }

  #recent(row: number): TraceEvent | null {
    if (this.#tail === null) return null;
    if (this.#places === null) return this.#tail[row] ?? null;
    return row >= this.index.events.length - TAIL ? (this.#tail[row % TAIL] ?? null) : null;
  }

  #place(row: number): { readonly segment: number; readonly offset: number } | null {
    const { events } = this.index;
    if (this.#places !== null) return this.#places.place(events.seq[row] as number);
    const segment = events.segment[row] as number;
    return segment === 0 ? null : { segment, offset: events.offset[row] as number };
  }

  /**
   * Searches the bytes of a stretch of lines at once, which is many times faster than parsing each. Upper and lower case of
   * letters beyond ASCII are told apart here.
   */
  #mayContain(from: number, to: number, needle: string): (row: number) => boolean {
    const first = this.#place(from);
    const last = this.#place(to - 1);
    const all = (): boolean => true;
    if (first === null || last === null || first.segment !== last.segment || last.offset < first.offset) return all;
    if (this.#recent(from) !== null) return all;
    const next = to < this.index.events.length ? this.#place(to) : null;
    const end = next?.segment === last.segment ? next.offset : last.offset + MAX_LINE_BYTES;
    const bytes = this.#reader?.bytes(first.segment, first.offset, end) ?? null;
    if (bytes === null || bytes.length < last.offset - first.offset) return all;
    const haystack = bytes.toString('latin1').toLowerCase();
    const wanted = Buffer.from(JSON.stringify(needle).slice(1, -1), 'utf8').toString('latin1').toLowerCase();
    const hits = new Set<number>();
    let row = from;
    for (let at = haystack.indexOf(wanted); at >= 0; at = haystack.indexOf(wanted, at + 1)) {
      const position = first.offset + at;
      while (row + 1 < to && (this.#place(row + 1)?.offset ?? 0) <= position) row++;
      hits.add(row);
      // The rest of this line cannot tell more.
      const following = row + 1 < to ? (this.#place(row + 1)?.offset ?? position) - first.offset : haystack.length;
      at = Math.max(at, following - 1);
    }
    return (candidate) => hits.has(candidate);
  }
}

async function listSegments(directory: string, asked: string): Promise<SegmentSize[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? recordingNotFound(asked)
      : recordingUnreadable(asked, error);
  });
  const files = names.filter((name) => segmentNumber(name) !== null).sort();
  return Promise.all(files.map(async (file) => ({ file, bytes: (await stat(join(directory, file))).size })));
}
