import type { Finding } from '../../src/tracer/finding/finding.ts';
import type { TimelineWindow } from '../../src/tracer/query/timeline-window.ts';
import type { ProbeState } from '../../src/tracer/store/manifest.ts';
import type { CallDetail, RecordingStatus, SpanBrief, StateItem, Tab, TargetBrief, TimeRange } from '../messages.ts';
import type { Mode } from './mode.ts';
import { DEFAULT_SPAN, type Viewport } from './viewport.ts';

interface Search {
  readonly text: string;
  /** Place of the current match among `total`; -1 when not counted. null: not searched yet. */
  readonly hit: { readonly index: number; readonly total: number } | null;
}

/** Everything the page shows. Parts are replaced, never changed, so that views can compare by identity. */
export interface AppState {
  connected: boolean;
  recording: string;
  title: string;
  question: string | null;
  originMs: number;
  mode: Mode;
  range: TimeRange;
  targets: readonly TargetBrief[];
  probes: readonly ProbeState[];
  findings: readonly Finding[];
  status: RecordingStatus;
  view: Viewport;
  playhead: number;
  selected: number | null;
  /** What is known of the selected call before its detail has come. */
  brief: SpanBrief | null;
  detail: CallDetail | null;
  /** The finding whose evidence is marked. */
  finding: string | null;
  tab: Tab;
  window: TimelineWindow | null;
  overview: TimelineWindow | null;
  states: { readonly t: number; readonly items: readonly StateItem[] } | null;
  search: Search;
  help: boolean;
  /** One sentence for the user (and screen readers); empty when there is nothing to say. */
  notice: string;
}

export function initialState(): AppState {
  return {
    connected: false,
    recording: '',
    title: '',
    question: null,
    originMs: 0,
    mode: 'frozen',
    range: { from: 0, to: 0 },
    targets: [],
    probes: [],
    findings: [],
    status: { events: 0, calls: 0, dropped: 0, overheadPercent: null },
    view: { from: 0, to: DEFAULT_SPAN },
    playhead: 0,
    selected: null,
    brief: null,
    detail: null,
    finding: null,
    tab: 'details',
    window: null,
    overview: null,
    states: null,
    search: { text: '', hit: null },
    help: false,
    notice: '',
  };
}
