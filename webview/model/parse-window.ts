import type { MarkerKind, TimelineColumns, TimelineMarker } from '../../src/tracer/query/timeline-window.ts';
import { fields, list, Mismatch, number, oneOf, orNull, text } from './check.ts';

type ColumnName = keyof TimelineColumns;

const COLUMNS: Readonly<Record<ColumnName, string>> = {
  call: 'Float64Array',
  start: 'Float64Array',
  end: 'Float64Array',
  track: 'Uint16Array',
  lane: 'Uint16Array',
  depth: 'Uint16Array',
  kind: 'Uint8Array',
  name: 'Uint32Array',
  flags: 'Uint8Array',
  count: 'Uint32Array',
};

/**
 * Checks a timeline window: that its columns are typed arrays of one length and point only at tracks and names that exist.
 * The type is read from the tag, because the arrays come out of another realm.
 */
export function parseWindow(value: unknown, where: string): void {
  const w = fields(value, where);
  if (number(w.to, `${where}.to`) <= number(w.from, `${where}.from`)) throw new Mismatch(where, 'a stretch of time');
  number(w.pixels, `${where}.pixels`);
  const range = fields(w.range, `${where}.range`);
  number(range.from, `${where}.range.from`);
  number(range.to, `${where}.range.to`);
  number(w.total, `${where}.total`);
  const tracks = list(w.tracks, `${where}.tracks`, track, 65_536);
  const names = list(w.names, `${where}.names`, text, 1_000_000);
  const spans = fields(w.spans, `${where}.spans`);
  let length = -1;
  for (const [name, type] of Object.entries(COLUMNS)) {
    const column = spans[name];
    if (Object.prototype.toString.call(column) !== `[object ${type}]`)
      throw new Mismatch(`${where}.spans.${name}`, `a ${type}`);
    const size = (column as Float64Array).length;
    if (length >= 0 && size !== length) throw new Mismatch(`${where}.spans.${name}`, 'as long as the others');
    length = size;
  }
  below(spans.track as Uint16Array, tracks.length, `${where}.spans.track`);
  below(spans.name as Uint32Array, names.length, `${where}.spans.name`);
  list(w.markers, `${where}.markers`, (marker, place) => checkMarker(marker, place, tracks.length));
}

function below(column: Uint16Array | Uint32Array, limit: number, where: string): void {
  for (const index of column) if (index >= limit) throw new Mismatch(where, `below ${limit}`);
}

function track(value: unknown, where: string): void {
  const t = fields(value, where);
  number(t.target, `${where}.target`);
  text(t.title, `${where}.title`);
  list(t.laneRows, `${where}.laneRows`, number, 65_536);
}

const MARKERS: readonly MarkerKind[] = ['finding', 'drop', 'throttle', 'state', 'exit'];
const SEVERITIES: readonly TimelineMarker['severity'][] = ['info', 'warning', 'error'];

function checkMarker(value: unknown, where: string, tracks: number): void {
  const m = fields(value, where);
  oneOf(m.kind, MARKERS, `${where}.kind`);
  number(m.from, `${where}.from`);
  number(m.to, `${where}.to`);
  if (number(m.track, `${where}.track`) >= tracks) throw new Mismatch(`${where}.track`, `below ${tracks}`);
  text(m.text, `${where}.text`);
  number(m.count, `${where}.count`);
  orNull(m.seq, `${where}.seq`, number);
  orNull(m.finding, `${where}.finding`, text);
  oneOf(m.severity, SEVERITIES, `${where}.severity`);
}
