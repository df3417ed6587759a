import type { HostMessage, RecordingStatus, Tab, ViewMessage } from '../../../webview/messages.ts';
import { parseViewMessage } from '../../../webview/model/parse-view.ts';
import { targetLabel, targetName } from '../../adapter/target-name.ts';
import type { SourceLocation } from '../../tracer/event/location.ts';
import { type TimelineRequest, type TimelineWindow, timelineWindow } from '../../tracer/query/timeline.ts';
import type { OpenRecording, RecordingChange } from '../recording/open-recording.ts';
import { briefOf } from './brief.ts';
import { callDetail } from './call-detail.ts';
import { searchSpan, stepSpan } from './find-span.ts';
import { stateItems } from './state-items.ts';

/** What the cinema can set off in the editor. */
export interface CinemaEffects {
  post(message: HostMessage): void;
  /** Another call is looked at (null: none); `reveal`: show its line too. */
  selected(call: number | null, reveal: boolean): void;
  /** Open a line of the recorded sources. */
  open(location: SourceLocation): void;
  openFinding(id: string): void;
  stop(): void;
}

/** What the view may be asked to show. */
export interface Focus {
  readonly call?: number | null;
  readonly t?: number | null;
  readonly finding?: string | null;
  readonly tab?: Tab | null;
}

/** Milliseconds between pushes while recording: below the 50 ms the protocol promises, above what drawing takes. */
const PUSH_MS = 40;
const STATUS_MS = 250;

/** The extension's side of the cinema for one recording: answers what the view asks, pushes what is new. */
export class CinemaHost {
  readonly #shown: OpenRecording;
  readonly #effects: CinemaEffects;
  readonly #dirty = new Set<RecordingChange>();
  readonly #undo: (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #ready = false;
  #statusAt = 0;
  #selected: number | null = null;
  #selectedIsOpen = false;
  #viewIsLive: boolean;
  #waiting: Focus | null = null;

  constructor(shown: OpenRecording, effects: CinemaEffects) {
    this.#shown = shown;
    this.#effects = effects;
    this.#viewIsLive = shown.live;
    this.#undo = [
      shown.onChange((change) => this.#changed(change)),
      shown.playhead.onMove((move) => {
        if (move.by === 'cinema') return;
        if (!move.live) return this.focus({ t: move.t });
        this.#viewIsLive = true;
        if (this.#ready) this.#post({ kind: 'follow' });
      }),
    ];
  }

  /** A message of the view, of any form; what is none is ignored. */
  receive(data: unknown): void {
    const message = parseViewMessage(data);
    if (message !== null) this.#answer(message);
  }

  /** The view is hidden: nothing reaches it until it says `ready` again. */
  hidden(): void {
    this.#ready = false;
  }

  /** Begins anew, as for a view that has just loaded. */
  begin(): void {
    this.#ready = true;
    this.#init();
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.focus(waiting);
  }

  /** Asks the view to show something; kept until the view is there. */
  focus(focus: Focus): void {
    if (!this.#ready) {
      this.#waiting = { ...this.#waiting, ...focus };
      return;
    }
    const { call = null, t = null, finding = null, tab = null } = focus;
    // The view holds the playhead inside the range it knows, which may be older than the moment meant.
    if (t !== null && this.#shown.live) {
      this.#post({ kind: 'range', range: this.#shown.recording.range(), live: true });
    }
    this.#post({ kind: 'focus', call, t, finding, tab });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const undo of this.#undo) undo();
  }

  #answer(m: ViewMessage): void {
    const { recording, playhead } = this.#shown;
    switch (m.kind) {
      case 'ready':
        this.begin();
        return;
      case 'window': {
        const { requestId, from, to, pixels } = m;
        this.#post({ kind: 'window', requestId, window: this.#window({ from, to, pixels }) });
        return;
      }
      case 'select':
        this.#selected = m.call;
        playhead.call = m.call;
        if (m.call !== null) this.#sendDetail(m.call);
        this.#effects.selected(m.call, m.reveal);
        return;
      case 'playhead':
        this.#movePlayhead(m.t, m.live);
        return;
      case 'state':
        this.#post({ kind: 'state', requestId: m.requestId, t: m.t, items: stateItems(recording, m.t) });
        return;
      case 'search':
      case 'step': {
        const found = m.kind === 'search' ? searchSpan(recording, m.text, m) : stepSpan(recording, m);
        const span = found.span === null ? null : briefOf(found.span);
        this.#post({ kind: 'found', requestId: m.requestId, ...found, span });
        return;
      }
      case 'open':
        if (this.#names(m.location)) this.#effects.open(m.location);
        return;
      case 'openFinding':
        if (this.#shown.findings().some((finding) => finding.id === m.id)) this.#effects.openFinding(m.id);
        return;
      case 'stop':
        this.#effects.stop();
        return;
    }
  }

  /** A view that follows says so many times a second; only its change of mind counts. */
  #movePlayhead(t: number, live: boolean): void {
    const { playhead } = this.#shown;
    if (live) {
      if (!this.#viewIsLive && this.#shown.live) playhead.follow('cinema');
    } else playhead.freeze('cinema', t);
    this.#viewIsLive = live;
  }

  #changed(change: RecordingChange): void {
    this.#dirty.add(change);
    this.#timer ??= setTimeout(() => this.#push(), PUSH_MS);
  }

  #push(): void {
    this.#timer = undefined;
    const dirty = new Set(this.#dirty);
    this.#dirty.clear();
    if (!this.#ready) return;
    const { recording, live } = this.#shown;
    const range = recording.range();
    if (dirty.has('probes')) this.#post({ kind: 'probes', probes: this.#shown.probes() });
    if (dirty.has('findings')) this.#post({ kind: 'findings', findings: this.#shown.findings() });
    if (dirty.has('stopped')) {
      this.#post({ kind: 'status', status: statusOf(this.#shown) });
      this.#post({
        kind: 'stopped',
        range,
        reason: 'The recording has ended; the application goes on with its original functions.',
      });
      return;
    }
    this.#post({ kind: 'range', range, live });
    const now = Date.now();
    if (dirty.has('probes') || now - this.#statusAt >= STATUS_MS) {
      this.#statusAt = now;
      this.#post({ kind: 'status', status: statusOf(this.#shown) });
    }
    if (this.#selected !== null && this.#selectedIsOpen && recording.span(this.#selected)?.end != null) {
      this.#sendDetail(this.#selected);
    }
  }

  #init(): void {
    const { recording, title, live, id } = this.#shown;
    const { question, originMs, targets } = recording.manifest;
    this.#viewIsLive = live;
    this.#post({
      kind: 'init',
      recording: id,
      title,
      question,
      originMs,
      live,
      range: recording.range(),
      targets: targets.map((target) => ({ id: target.id, pid: target.pid, title: targetName(target) })),
      probes: this.#shown.probes(),
      findings: this.#shown.findings(),
      status: statusOf(this.#shown),
    });
  }

  /** Tracks are headed by the script's name, as everywhere in the editor. */
  #window(request: TimelineRequest): TimelineWindow {
    const { recording } = this.#shown;
    const window = timelineWindow(recording, request);
    const tracks = window.tracks.map((track) => {
      const target = recording.manifest.targets.find(({ id }) => id === track.target);
      return target === undefined ? track : { ...track, title: targetLabel(target) };
    });
    return { ...window, tracks };
  }

  #sendDetail(call: number): void {
    const detail = callDetail(this.#shown.recording, call, this.#shown.findings());
    this.#selectedIsOpen = detail !== null && detail.span.end === null;
    this.#post({ kind: 'detail', call, detail });
  }

  /** Whether the recording itself names this file: the view must not be able to open any other. */
  #names({ file }: SourceLocation): boolean {
    const { recording } = this.#shown;
    if (this.#shown.probes().some((probe) => probe.location?.file === file)) return true;
    if (this.#shown.findings().some((finding) => finding.location?.file === file)) return true;
    const selected = this.#selected === null ? null : callDetail(recording, this.#selected, []);
    const spans = selected === null ? [] : [selected.span, ...selected.parents, ...selected.children];
    return spans.some((span) => span.location?.file === file);
  }

  #post(message: HostMessage): void {
    this.#effects.post(message);
  }
}

/** Figures of the whole recording. */
export function statusOf(shown: OpenRecording): RecordingStatus {
  const { recording } = shown;
  return {
    events: recording.eventCount,
    calls: recording.spanCount,
    dropped: recording.manifest.dropped,
    overheadPercent: shown.overhead()?.percent ?? null,
  };
}
