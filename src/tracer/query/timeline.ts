export type {
  MarkerKind,
  SpanKind,
  TimelineColumns,
  TimelineMarker,
  TimelineTrack,
  TimelineWindow,
} from './timeline-window.ts';
export { SPAN_KINDS, SpanFlag } from './timeline-window.ts';
