import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import * as v from 'valibot';
import type { CapturedValue } from '../event/value.ts';
import { EventIndex } from './event-index.ts';
import { isCapturedValue } from './event-parse.ts';
import { EventTable } from './event-table.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { Places } from './line-log.ts';
import { SiteTable } from './site-table.ts';
import { SpanTable } from './span-table.ts';
import { StateTable } from './state-table.ts';
import { StringTable } from './string-table.ts';

/** A segment as the index knew it; another size on disk makes the index worthless. */
export interface SegmentSize {
  readonly file: string;
  readonly bytes: number;
}

const MAGIC = 0x3158534e; // "NSX1", little endian, which every platform Node runs on is
const MAX_FILE_BYTES = 2 ** 31 - 1;
const MAX_NAMES = 200_000;

const EVENT_COLUMNS = ['type', 'target', 'probe', 'span', 't', 'seq', 'segment', 'offset'] as const;
const SPAN_COLUMNS = [
  'call',
  'parent',
  'root',
  'target',
  'kind',
  'flags',
  'probe',
  'name',
  'site',
  'start',
  'end',
  'startRow',
  'endRow',
  'lastRow',
  'lane',
  'depth',
] as const;

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;
type ColumnKind = new (buffer: ArrayBuffer, offset: number, length: number) => Column;

const finite = v.pipe(v.number(), v.finite());
const row = v.pipe(v.number(), v.integer(), v.minValue(0));
const header = v.object({
  rows: row,
  spans: row,
  damaged: row,
  segments: v.array(v.object({ file: v.string(), bytes: row })),
  names: v.pipe(v.array(v.string()), v.maxLength(MAX_NAMES)),
  sites: v.array(v.object({ file: v.string(), line: finite, column: finite, function: v.exactOptional(v.string()) })),
  places: v.array(
    v.object({
      target: finite,
      holder: v.nullable(finite),
      path: v.string(),
      key: v.nullable(v.custom<CapturedValue>(isCapturedValue)),
      whole: v.pipe(v.number(), v.integer()),
      rows: v.array(row),
      resets: v.array(row),
    }),
  ),
  skipped: row,
});

/**
 * Saves `index` beside its segments, so that opening a million events costs a tenth of a second instead of seconds.
 * `places` says where each event lies; without it the index knows already (it was built from the segments).
 */
export async function saveIndex(
  path: string,
  index: EventIndex,
  segments: readonly SegmentSize[],
  places: Places | null,
  damaged = 0,
): Promise<void> {
  const { events, spans } = index;
  if (places !== null) {
    for (let i = 0; i < events.length; i++) {
      const place = places.place(events.seq[i] as number);
      if (place === null) return;
      events.segment[i] = place.segment;
      events.offset[i] = place.offset;
    }
  }
  const head = {
    rows: events.length,
    spans: spans.length,
    damaged,
    segments,
    names: index.names.entries(),
    sites: index.sites.entries(),
    places: index.state.save(),
    skipped: index.state.skipped,
  };
  const headBytes = Buffer.from(JSON.stringify(head), 'utf8');
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(MAGIC, 0);
  prefix.writeUInt32LE(headBytes.length, 4);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.write(prefix);
    await writeAligned(file, headBytes);
    for (const name of EVENT_COLUMNS) await writeAligned(file, bytesOf(events[name].subarray(0, events.length)));
    for (const name of SPAN_COLUMNS) await writeAligned(file, bytesOf(spans[name].subarray(0, spans.length)));
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Loads an index file; null when there is none, or it does not fit `segments`, or contradicts itself: then the segments are
 * read instead. It is as untrusted as the rest of a recording: whatever it says, rows stay inside the tables.
 */
export async function loadIndex(
  path: string,
  segments: readonly SegmentSize[],
): Promise<{ readonly index: EventIndex; readonly damaged: number } | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    if (size < 8 || size > MAX_FILE_BYTES) return null;
    const buffer = new ArrayBuffer(size);
    await readFully(file, new Uint8Array(buffer));
    return parse(buffer, segments);
  } catch {
    return null;
  } finally {
    await file.close().catch(() => undefined);
  }
}

function parse(
  buffer: ArrayBuffer,
  segments: readonly SegmentSize[],
): { readonly index: EventIndex; readonly damaged: number } | null {
  const view = new DataView(buffer);
  const headLength = view.getUint32(4, true);
  if (view.getUint32(0, true) !== MAGIC || headLength > buffer.byteLength - 8) return null;
  const text = Buffer.from(buffer, 8, headLength).toString('utf8');
  const result = v.safeParse(header, JSON.parse(text));
  if (!result.success) return null;
  const head = result.output;
  if (!sameSegments(head.segments, segments)) return null;

  const events = new EventTable();
  const spans = new SpanTable();
  const cursor = { at: 8 + aligned(headLength) };
  const columns = events as unknown as Record<string, Column>;
  for (const name of EVENT_COLUMNS) columns[name] = column(buffer, cursor, columns[name] as Column, head.rows);
  const spanColumns = spans as unknown as Record<string, Column>;
  for (const name of SPAN_COLUMNS) spanColumns[name] = column(buffer, cursor, spanColumns[name] as Column, head.spans);
  if (cursor.at !== buffer.byteLength) return null;
  events.length = head.rows;
  spans.length = head.spans;
  spans.firstChild = new Int32Array(head.spans);
  spans.lastChild = new Int32Array(head.spans);
  spans.nextSibling = new Int32Array(head.spans);

  if (!isSound(events, spans)) return null;
  const inside = (rows: readonly number[]): boolean => rows.every((r) => r < head.rows);
  if (!head.places.every((place) => inside(place.rows) && inside(place.resets))) return null;
  const state = StateTable.load(head.places);
  state.skipped = head.skipped;
  const parts = { events, spans, state, names: StringTable.of(head.names, MAX_NAMES), sites: SiteTable.of(head.sites) };
  const index = new EventIndex(parts);
  return index.rebuild() ? { index, damaged: head.damaged } : null;
}

function isSound(events: EventTable, spans: SpanTable): boolean {
  let last = -1;
  for (let i = 0; i < events.length; i++) {
    const seq = events.seq[i] as number;
    if (seq <= last || (events.type[i] as number) >= EVENT_TYPES.length) return false;
    last = seq;
  }
  const n = events.length;
  for (let i = 0; i < spans.length; i++) {
    if ((spans.startRow[i] as number) >= n || (spans.endRow[i] as number) >= n) return false;
    if ((spans.lastRow[i] as number) >= n || (spans.kind[i] as number) > 3) return false;
  }
  return true;
}

function sameSegments(a: readonly SegmentSize[], b: readonly SegmentSize[]): boolean {
  return a.length === b.length && a.every((s, i) => s.file === b[i]?.file && s.bytes === b[i]?.bytes);
}

const aligned = (length: number): number => (length + 7) & ~7;

function column(buffer: ArrayBuffer, cursor: { at: number }, like: Column, length: number): Column {
  const Kind = like.constructor as ColumnKind;
  const made = new Kind(buffer, cursor.at, length);
  cursor.at += aligned(made.byteLength);
  return made;
}

function bytesOf(array: Column): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

async function writeAligned(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
  const padding = aligned(bytes.length) - bytes.length;
  if (padding > 0) await file.write(new Uint8Array(padding));
}

async function readFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, done);
    if (bytesRead === 0) throw new Error('shorter than its size');
    done += bytesRead;
  }
}
