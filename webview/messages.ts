import type { SourceLocation } from '../src/tracer/event/location.ts';
import type { CapturedValue } from '../src/tracer/event/value.ts';
import type { Finding } from '../src/tracer/finding/finding.ts';
import type { ValueChange } from '../src/tracer/query/diff.ts';
import type { TimelineWindow } from '../src/tracer/query/timeline-window.ts';
import type { ProbeState } from '../src/tracer/store/manifest.ts';

/**
 * The protocol between the extension (host) and the cinema (view). Both sides treat what arrives as untrusted:
 * `model/parse-host.ts` and `model/parse-view.ts` check it before anything is done with it.
 *
 * The host owns the recording; the view owns the viewport, the playhead and the selection. A hidden webview receives nothing,
 * so the host answers every `ready` with a whole `init`. All times are nanoseconds since the recording's origin.
 */

/** A span as lists and links need it; a `Span` of the store fits as it is. */
export interface SpanBrief {
  readonly call: number;
  readonly parent: number | null;
  readonly root: number;
  readonly target: number;
  readonly kind: 'call' | 'http' | 'db';
  readonly name: string;
  readonly start: number;
  /** null while the span is open. */
  readonly end: number | null;
  readonly failed: boolean;
  readonly location: SourceLocation | null;
}

export type CallOutcome =
  | { readonly kind: 'returned' | 'threw' | 'fulfilled' | 'rejected'; readonly value: CapturedValue }
  /** Returned a promise (or a request went out) that has not settled yet. */
  | { readonly kind: 'pending' }
  /** Entered, not left yet. */
  | { readonly kind: 'running' };

export type SpanBody =
  | {
      readonly kind: 'call';
      readonly args: readonly CapturedValue[];
      /** Number of arguments passed; more than `args` holds when the rest was not captured. */
      readonly argc: number;
      /** Identity of `this`, when it is an object. */
      readonly self: number | null;
      readonly outcome: CallOutcome;
    }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly url: string;
      /** null while the request is open. */
      readonly status: number | null;
      readonly aborted: boolean;
    }
  | {
      readonly kind: 'db';
      readonly system: string;
      readonly statement: CapturedValue;
      readonly params: readonly CapturedValue[] | null;
      readonly rows: number | null;
      readonly error: CapturedValue | null;
    };

/** State captured around a call. `before` and `after` are absent where no snapshot exists. */
export interface StateAround {
  readonly path: string;
  readonly holder: number | null;
  readonly before?: CapturedValue;
  readonly after?: CapturedValue;
  /** From `before` to `after`; empty when either is unknown. */
  readonly diff: readonly ValueChange[];
}

/** Everything about one span. */
export interface CallDetail {
  readonly span: SpanBrief;
  readonly body: SpanBody;
  /** Nanoseconds; null while open. */
  readonly duration: number | null;
  /** From the root down to the direct parent. */
  readonly parents: readonly SpanBrief[];
  /** The first of them in order of start, at most 200. */
  readonly children: readonly SpanBrief[];
  readonly childCount: number;
  readonly states: readonly StateAround[];
  /** Ids of findings that name this call as evidence. */
  readonly findings: readonly string[];
}

/** One watched place and what it held at the moment asked for. */
export interface StateItem {
  readonly target: number;
  /** Object that holds the path; null when identity is unknown. */
  readonly holder: number | null;
  readonly path: string;
  /** Map key, Set member or property; null when the path itself is meant. */
  readonly key: CapturedValue | null;
  readonly value: CapturedValue;
  /** false once it was deleted or cleared; `value` is then `undefined`. */
  readonly present: boolean;
  /** Since when it has held this value. */
  readonly since: number;
  /** The call that gave it this value; null when none was seen. */
  readonly by: SpanBrief | null;
  /** What it held before that (`null` is a value); absent when nothing earlier is known. */
  readonly before?: CapturedValue;
  /** From `before` to `value`; empty when `before` is absent. */
  readonly diff: readonly ValueChange[];
}

export interface RecordingStatus {
  readonly events: number;
  readonly calls: number;
  readonly dropped: number;
  /** Percent of the targets' main thread; null until measured. */
  readonly overheadPercent: number | null;
}

export interface TargetBrief {
  readonly id: number;
  readonly pid: number;
  readonly title: string;
}

export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export type HostMessage =
  /** Everything but the events; sent in answer to each `ready`. Replaces all the view knew. */
  | {
      readonly kind: 'init';
      readonly recording: string;
      readonly title: string;
      readonly question: string | null;
      /** Wall clock of t = 0, milliseconds since the epoch. */
      readonly originMs: number;
      readonly live: boolean;
      readonly range: TimeRange;
      readonly targets: readonly TargetBrief[];
      readonly probes: readonly ProbeState[];
      readonly findings: readonly Finding[];
      readonly status: RecordingStatus;
    }
  /** What is known has grown; at most every 50 ms while recording. */
  | { readonly kind: 'range'; readonly range: TimeRange; readonly live: boolean }
  | { readonly kind: 'status'; readonly status: RecordingStatus }
  | { readonly kind: 'targets'; readonly targets: readonly TargetBrief[] }
  | { readonly kind: 'probes'; readonly probes: readonly ProbeState[] }
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] }
  /** The recording has ended; `reason` is one sentence. */
  /** The playhead is live again, by the debugger's Continue. */
  | { readonly kind: 'follow' }
  | { readonly kind: 'stopped'; readonly range: TimeRange; readonly reason: string }
  | { readonly kind: 'window'; readonly requestId: number; readonly window: TimelineWindow }
  /** Answer to `select`; also pushed again when an open call that is selected ends. null: no such call. */
  | { readonly kind: 'detail'; readonly call: number; readonly detail: CallDetail | null }
  | { readonly kind: 'state'; readonly requestId: number; readonly t: number; readonly items: readonly StateItem[] }
  /** Answer to `search` and `step`; null: nothing found. `index` counts matches from 0, -1 when not counted. */
  | {
      readonly kind: 'found';
      readonly requestId: number;
      readonly span: SpanBrief | null;
      readonly index: number;
      readonly total: number;
    }
  /** The host asks to show something: a finding chosen in Problems, a call chosen in the editor, a step of the debug adapter. */
  | {
      readonly kind: 'focus';
      readonly call: number | null;
      readonly t: number | null;
      readonly finding: string | null;
      readonly tab: Tab | null;
    };

export const TABS = ['details', 'state', 'calls', 'findings', 'probes'] as const;
export type Tab = (typeof TABS)[number];

export type ViewMessage =
  /** The view has loaded, or was reloaded. */
  | { readonly kind: 'ready' }
  /** Answered by `window` with the same id. `pixels` is the number of columns the window is drawn into. */
  | {
      readonly kind: 'window';
      readonly requestId: number;
      readonly from: number;
      readonly to: number;
      readonly pixels: number;
    }
  /** The selection has changed; null: none. `reveal`: show the call's line in the editor too, without taking the focus. */
  | { readonly kind: 'select'; readonly call: number | null; readonly reveal: boolean }
  /** The playhead has moved, for the editor and the debug adapter; at most 20 times a second. `live`: it follows the recording. */
  | { readonly kind: 'playhead'; readonly t: number; readonly live: boolean }
  | { readonly kind: 'state'; readonly requestId: number; readonly t: number }
  /**
   * Next (1) or previous (-1) span whose name, arguments, result or error holds `text`, in order of start, after the span `call`
   * (or after `t` when null), around the end. Answered by `found`.
   */
  | {
      readonly kind: 'search';
      readonly requestId: number;
      readonly text: string;
      readonly call: number | null;
      readonly t: number;
      readonly direction: 1 | -1;
    }
  /** Next or previous span of the same target in order of start; not around the end. Answered by `found`. */
  | {
      readonly kind: 'step';
      readonly requestId: number;
      readonly call: number | null;
      readonly t: number;
      readonly direction: 1 | -1;
    }
  /** Open a source line. The host must check that the file is one the recording names. */
  | { readonly kind: 'open'; readonly location: SourceLocation }
  | { readonly kind: 'openFinding'; readonly id: string }
  /** Stop recording and detach. */
  | { readonly kind: 'stop' };
