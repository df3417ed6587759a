import type { SourceLocation } from '../../src/tracer/event/location.ts';
import type { HostMessage, SpanBrief, Tab, ViewMessage } from '../messages.ts';
import { type AppState, initialState } from './app-state.ts';
import { type Evidence, evidenceOf, stretchOf } from './evidence.ts';
import { LiveEdge, nextMode } from './mode.ts';
import { parseHostMessage } from './parse-host.ts';
import { snap } from './playhead.ts';
import { parseSaved, type Saved } from './saved.ts';
import { Sync } from './sync.ts';
import {
  centreOn,
  clampView,
  DEFAULT_SPAN,
  fitView,
  isVisible,
  panBy,
  spanOf,
  type Viewport,
  zoomAt,
} from './viewport.ts';

/** How a newly selected call is brought into view. */
type Approach = 'stay' | 'centre' | 'root';

interface Surroundings {
  post(message: ViewMessage): void;
  /** Something has changed: draw (once) in the next frame. */
  changed(): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Decides everything the cinema does, without a DOM: messages and actions in, state and messages out. */
export class Controller {
  readonly state: AppState = initialState();
  readonly #out: Surroundings;
  readonly #edge = new LiveEdge();
  readonly #sync: Sync;
  #saved: Saved | null;
  #request = 1;
  #asked: { readonly kind: 'search' | 'step'; readonly id: number } | null = null;
  #approach: Approach = 'stay';
  #width = 600;

  constructor(out: Surroundings, saved: unknown) {
    this.#out = out;
    this.#sync = new Sync((message) => out.post(message));
    this.#saved = parseSaved(saved);
    if (this.#saved !== null) this.state.tab = this.#saved.tab;
  }

  /** A message from the host, of any form. */
  receive(data: unknown): void {
    const message = parseHostMessage(data);
    if (message === null) {
      this.state.notice =
        'The extension sent something this panel does not understand; close the panel and open it again.';
    } else {
      this.#take(message);
    }
    this.#out.changed();
  }

  /** Types are checked; every kind has its place. */
  #take(m: HostMessage): void {
    const s = this.state;
    switch (m.kind) {
      case 'init':
        this.#init(m);
        return;
      case 'range':
        s.range = m.range;
        this.#edge.push(m.range.to, this.#out.now());
        return;
      case 'follow':
        this.#follow();
        return;
      case 'stopped':
        s.range = m.range;
        s.mode = nextMode(s.mode, 'stopped');
        s.notice = m.reason;
        return;
      case 'status':
        s.status = m.status;
        return;
      case 'targets':
        s.targets = m.targets;
        return;
      case 'probes':
        s.probes = m.probes;
        return;
      case 'findings':
        s.findings = m.findings;
        return;
      case 'window':
        this.#sync.acceptWindow(s, m.requestId, m.window);
        return;
      case 'detail':
        this.#detail(m);
        return;
      case 'state':
        if (this.#sync.acceptState(m.requestId)) s.states = { t: m.t, items: m.items };
        return;
      case 'found':
        if (m.requestId === this.#asked?.id) this.#foundSpan(m);
        return;
      case 'focus':
        if (m.tab !== null) s.tab = m.tab;
        if (m.finding !== null) this.showFinding(m.finding);
        if (m.call !== null) this.select(m.call, { approach: 'centre', reveal: false });
        if (m.t !== null) this.movePlayhead(m.t, { show: true });
        return;
    }
  }

  #init(m: Extract<HostMessage, { kind: 'init' }>): void {
    const s = this.state;
    const again = s.connected && s.recording === m.recording;
    Object.assign(s, {
      connected: true,
      recording: m.recording,
      title: m.title,
      question: m.question,
      originMs: m.originMs,
      range: m.range,
      targets: m.targets,
      probes: m.probes,
      findings: m.findings,
      status: m.status,
      notice: '',
    });
    this.#edge.reset(m.range.to, this.#out.now());
    this.#sync.reset();
    if (again) {
      if (!m.live) s.mode = 'stopped';
      if (s.selected !== null) this.#out.post({ kind: 'select', call: s.selected, reveal: false });
      return;
    }
    Object.assign(s, {
      selected: null,
      brief: null,
      detail: null,
      finding: null,
      window: null,
      overview: null,
      states: null,
    });
    s.view = { from: m.range.from, to: m.range.from + DEFAULT_SPAN };
    s.playhead = m.range.from;
    s.search = { text: '', hit: null };
    s.mode = m.live ? 'live' : 'stopped';
    const saved = this.#saved;
    this.#saved = null;
    if (saved !== null && saved.recording === m.recording) this.#restore(saved, m.live);
    else if (!m.live) this.#begin();
  }

  #restore(saved: Saved, live: boolean): void {
    const s = this.state;
    s.view = clampView({ from: saved.from, to: saved.to }, s.range);
    s.playhead = saved.playhead;
    s.tab = saved.tab;
    s.finding = saved.finding;
    s.search = { text: saved.search, hit: null };
    if (live && !saved.live) s.mode = 'frozen';
    if (saved.selected !== null) this.select(saved.selected, { approach: 'stay', reveal: false });
  }

  /** A stored recording opens at its first finding, else as a whole. */
  #begin(): void {
    const s = this.state;
    s.view = fitView(s.range.from, Math.max(s.range.to, s.range.from + 1), s.range);
    const first = [...s.findings].sort((a, b) => a.firstAt - b.firstAt)[0];
    s.playhead = first?.firstAt ?? s.range.from;
    if (first !== undefined) {
      s.tab = 'findings';
      s.finding = first.id;
    }
  }

  #detail(m: Extract<HostMessage, { kind: 'detail' }>): void {
    const s = this.state;
    if (m.call !== s.selected) return;
    s.detail = m.detail;
    if (m.detail === null) {
      s.notice = 'That call is not in this recording any more.';
      return;
    }
    s.brief = m.detail.span;
    const approach = this.#approach;
    this.#approach = 'stay';
    const { span } = m.detail;
    if (approach === 'root') {
      const root = m.detail.parents[0] ?? span;
      s.view = fitView(root.start, root.end ?? s.range.to, s.range);
    } else if (approach === 'centre') this.#centre(span);
  }

  #centre(span: SpanBrief): void {
    const s = this.state;
    const end = span.end ?? s.range.to;
    if (isVisible(s.view, span.start, 0.05) && isVisible(s.view, Math.min(end, s.view.to), 0)) return;
    const tooLong = end - span.start > spanOf(s.view) * 0.8;
    s.view = tooLong ? fitView(span.start, end, s.range) : centreOn(s.view, (span.start + end) / 2, s.range);
  }

  #foundSpan(m: Extract<HostMessage, { kind: 'found' }>): void {
    const s = this.state;
    const asked = this.#asked;
    this.#asked = null;
    if (asked?.kind === 'search') s.search = { text: s.search.text, hit: { index: m.index, total: m.total } };
    if (m.span === null) {
      s.notice =
        asked?.kind === 'search' ? 'Nothing in this recording matches.' : 'There is no further call in that direction.';
      return;
    }
    this.goTo(m.span);
  }

  /** Somebody touched the film: it stands still, the recording goes on. */
  touch(): void {
    this.state.mode = nextMode(this.state.mode, 'touch');
  }

  freeze(): void {
    this.touch();
    this.#out.changed();
  }

  follow(): void {
    this.#follow();
    this.#out.changed();
  }

  /** Back to now. What was zoomed in on to read one call would rush past, or show a moment at which nothing happens. */
  #follow(): void {
    const s = this.state;
    s.mode = nextMode(s.mode, 'follow');
    if (s.mode === 'live' && spanOf(s.view) < DEFAULT_SPAN) s.view = { from: s.view.to - DEFAULT_SPAN, to: s.view.to };
  }

  /** Shows another stretch of time. */
  setView(view: Viewport): void {
    this.touch();
    this.state.view = clampView(view, this.state.range);
    this.#out.changed();
  }

  /** Zooms around `t`, or around the playhead when it is in view; a live film keeps its edge and goes on. */
  zoom(factor: number, t?: number): void {
    const s = this.state;
    if (t !== undefined) this.touch();
    const middle = isVisible(s.view, s.playhead) ? s.playhead : (s.view.from + s.view.to) / 2;
    s.view = zoomAt(s.view, t ?? middle, factor, s.mode === 'live' ? roomy(s.range) : s.range);
    this.#out.changed();
  }

  pan(share: number): void {
    this.touch();
    this.state.view = panBy(this.state.view, share, this.state.range);
    this.#out.changed();
  }

  /** Selects a call (null: none) and asks for its detail. `reveal`: show its line in the editor too. */
  select(call: number | null, how: { approach: Approach; reveal: boolean; brief?: SpanBrief }): void {
    const s = this.state;
    if (call !== null) this.touch();
    if (call !== s.selected) {
      s.detail = null;
      s.brief = how.brief ?? null;
    }
    s.selected = call;
    s.notice = '';
    this.#approach = how.approach;
    this.#out.post({ kind: 'select', call, reveal: how.reveal });
    this.#out.changed();
  }

  /** Selects a call that was pointed at, moves the playhead to its start and shows its details. */
  pickCall(call: number, start: number): void {
    this.select(call, { approach: 'stay', reveal: true });
    this.movePlayhead(start, {});
    this.#showSelection();
  }

  /** Goes to a call that may be anywhere in the recording. */
  goTo(span: SpanBrief): void {
    this.select(span.call, { approach: 'centre', reveal: true, brief: span });
    this.movePlayhead(span.start, {});
    this.#showSelection();
  }

  /** Tabs that say nothing about the selected call give way to its details. */
  #showSelection(): void {
    if (this.state.tab !== 'calls' && this.state.tab !== 'state') this.state.tab = 'details';
  }

  /** Moves the playhead; `drop`: let it snap; `show`: bring it into view. */
  movePlayhead(t: number, how: { drop?: boolean; show?: boolean }): void {
    const s = this.state;
    this.touch();
    const { range, view } = s;
    const wanted = how.drop === true ? snap(t, view, this.#width, s.window, s.selected) : t;
    s.playhead = Math.min(Math.max(wanted, range.from), Math.max(range.to, range.from));
    if (how.show === true && !isVisible(view, s.playhead)) s.view = centreOn(view, s.playhead, range);
    this.#out.changed();
  }

  /** Something the state does not hold (hovering, scrolling, the size) has changed. */
  redraw(): void {
    this.#out.changed();
  }

  /** Nothing is selected, no evidence is marked. */
  clear(): void {
    this.state.finding = null;
    this.select(null, { approach: 'stay', reveal: false });
  }

  showTab(tab: Tab): void {
    this.state.tab = tab;
    this.#out.changed();
  }

  /** Marks a finding's evidence and goes to where it begins. */
  showFinding(id: string): void {
    const s = this.state;
    const finding = s.findings.find((candidate) => candidate.id === id);
    if (finding === undefined) return;
    s.finding = id;
    s.tab = 'findings';
    const [first] = evidenceOf(finding);
    const stretch = stretchOf(finding);
    if (first?.call != null) {
      this.select(first.call, { approach: stretch === null ? 'root' : 'stay', reveal: false });
    }
    if (stretch !== null) {
      s.view = fitView(
        stretch.from - (stretch.to - stretch.from) / 2,
        stretch.to + (stretch.to - stretch.from) / 2,
        s.range,
      );
    }
    this.movePlayhead(first?.t ?? finding.firstAt, { show: true });
  }

  showEvidence(evidence: Evidence, fallback: number): void {
    if (evidence.call !== null) this.select(evidence.call, { approach: 'centre', reveal: true });
    this.movePlayhead(evidence.t ?? fallback, { show: true });
  }

  open(location: SourceLocation): void {
    this.#out.post({ kind: 'open', location });
  }

  openFinding(id: string): void {
    this.#out.post({ kind: 'openFinding', id });
  }

  stop(): void {
    this.#out.post({ kind: 'stop' });
  }

  setSearch(text: string): void {
    this.state.search = { text, hit: null };
    this.#out.changed();
  }

  toggleHelp(open: boolean): void {
    this.state.help = open;
    this.#out.changed();
  }

  /** Asks the host for the next or previous match, or call of the same process. */
  seek(kind: 'search' | 'step', direction: 1 | -1): void {
    const s = this.state;
    const text = s.search.text.trim();
    if (kind === 'search' && text === '') return;
    this.#asked = { kind, id: ++this.#request };
    const from = { requestId: this.#asked.id, call: s.selected, t: s.playhead, direction };
    this.#out.post(kind === 'step' ? { kind, ...from } : { kind, text, ...from });
  }

  /**
   * Once per animation frame: follows the recording, asks for what is missing. `smooth`: between the host's pushes too.
   * Returns whether another frame is wanted although nothing else changes.
   */
  frame(widths: { readonly main: number; readonly strip: number }, smooth: boolean): boolean {
    const s = this.state;
    if (!s.connected) return false;
    const now = this.#out.now();
    this.#width = widths.main;
    const edge = s.mode === 'stopped' ? s.range.to : this.#edge.at(now, smooth && s.mode === 'live');
    if (s.mode === 'live') this.#followEdge(edge);
    return this.#sync.frame(s, widths, now) || s.mode === 'live';
  }

  /** The moving edge of what is known, for drawing open calls. */
  edge(): number {
    const s = this.state;
    return s.mode === 'live' ? Math.max(s.playhead, s.range.to) : s.range.to;
  }

  #followEdge(edge: number): void {
    const s = this.state;
    const span = spanOf(s.view);
    const to = Math.max(edge + span * 0.04, s.range.from + span);
    s.view = { from: to - span, to };
    s.playhead = edge;
  }
}

/** A live film may be wider than what has been recorded so far. */
function roomy(range: Viewport): Viewport {
  return { from: range.from, to: Math.max(range.to, range.from + 60 * DEFAULT_SPAN) };
}
