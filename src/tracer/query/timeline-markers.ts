import { BLOCK } from '../store/event-table.ts';
import { codeOf } from '../store/event-types.ts';
import type { Recording } from '../store/recording.ts';
import type { TimelineMarker } from './timeline-window.ts';

const MAX_MARKERS = 1_000;
const CHANGE = codeOf('state.change');
/** Markers closer than this many pixels are one. */
const APART = 6;
/** Buckets for state changes over all tracks; a hostile recording may claim tens of thousands of targets. */
const MAX_BUCKETS = 1_000_000;

interface Window {
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
}

/** Findings, lost events, throttled probes, exits and state changes inside the window, close ones merged, at most 1,000. */
export function timelineMarkers(
  recording: Recording,
  window: Window,
  trackOf: ReadonlyMap<number, number>,
): TimelineMarker[] {
  const markers = [...findings(recording, window), ...notable(recording, window, trackOf)];
  markers.push(...changes(recording, window, trackOf));
  return markers.slice(0, MAX_MARKERS).sort((a, b) => a.from - b.from);
}

function findings(recording: Recording, { from, to }: Window): TimelineMarker[] {
  const found = recording.manifest.findings.filter((finding) => finding.firstAt <= to && finding.lastAt >= from);
  return found.map((finding) => ({
    kind: 'finding',
    from: finding.firstAt,
    to: finding.lastAt,
    track: -1,
    text: finding.title,
    count: finding.count,
    seq: finding.evidence.events[0] ?? null,
    finding: finding.id,
    severity: finding.severity,
  }));
}

function notable(
  recording: Recording,
  { from, to, pixels }: Window,
  trackOf: ReadonlyMap<number, number>,
): TimelineMarker[] {
  const { events, notable: rows } = recording.index;
  const apart = ((to - from) / pixels) * APART;
  const markers: { -readonly [K in keyof TimelineMarker]: TimelineMarker[K] }[] = [];
  for (const row of rows) {
    const t = events.t[row] as number;
    if (t < from || t > to) continue;
    const event = recording.eventAt(row);
    if (event === null) continue;
    const track = trackOf.get(event.target) ?? -1;
    const base = { from: t, to: t, track, seq: event.seq, finding: null };
    const before = markers.at(-1);
    switch (event.type) {
      case 'events.dropped':
        if (before?.kind === 'drop' && before.track === track && t - before.to < apart) {
          before.to = t;
          before.count += event.count;
          before.text = `${before.count} events lost: ${event.why}`;
        } else {
          const text = `${event.count} events lost: ${event.why}`;
          markers.push({ ...base, kind: 'drop', text, count: event.count, severity: 'warning' });
        }
        break;
      case 'probe.throttled': {
        const text = `${recording.probeOf(event.probe)?.name ?? `probe ${event.probe}`} throttled: ${event.why}`;
        markers.push({ ...base, kind: 'throttle', text, count: 1, severity: 'warning' });
        break;
      }
      case 'process.exit':
        markers.push({ ...base, kind: 'exit', text: `ended: ${event.reason}`, count: 1, severity: 'error' });
        break;
      default:
        break;
    }
    if (markers.length >= MAX_MARKERS) break;
  }
  return markers;
}

/** State changes by columns alone: a million of them must not be read to draw a few ticks. */
function changes(
  recording: Recording,
  { from, to, pixels }: Window,
  trackOf: ReadonlyMap<number, number>,
): TimelineMarker[] {
  const { events } = recording.index;
  const buckets = Math.ceil(Math.min(pixels / APART, MAX_BUCKETS / Math.max(1, trackOf.size))) + 1;
  const bucket = (to - from) / (buckets - 1);
  const counts = new Uint32Array(buckets * Math.max(1, trackOf.size));
  const firstRow = new Int32Array(counts.length).fill(-1);
  for (let block = 0; block * BLOCK < events.length; block++) {
    if ((events.blockTo[block] as number) < from || (events.blockFrom[block] as number) > to) continue;
    const end = Math.min(events.length, (block + 1) * BLOCK);
    for (let row = block * BLOCK; row < end; row++) {
      if (events.type[row] !== CHANGE) continue;
      const t = events.t[row] as number;
      if (t < from || t > to) continue;
      const track = trackOf.get(events.target[row] as number) ?? 0;
      const slot = track * buckets + Math.min(buckets - 1, Math.floor((t - from) / bucket));
      counts[slot] = (counts[slot] as number) + 1;
      if ((firstRow[slot] as number) < 0) firstRow[slot] = row;
    }
  }
  const markers: TimelineMarker[] = [];
  for (let slot = 0; slot < counts.length && markers.length < MAX_MARKERS; slot++) {
    const row = firstRow[slot] as number;
    if (row < 0) continue;
    const count = counts[slot] as number;
    const t = events.t[row] as number;
    markers.push({
      kind: 'state',
      from: t,
      to: t,
      track: Math.floor(slot / buckets),
      text: count === 1 ? 'state changed' : `${count} state changes`,
      count,
      seq: events.seq[row] as number,
      finding: null,
      severity: 'info',
    });
  }
  return markers;
}
