import type { TraceEvent } from '../../src/tracer/event/event.ts';
import type { Finding } from '../../src/tracer/finding/finding.ts';
import { diffValues } from '../../src/tracer/query/diff.ts';
import { stateAt } from '../../src/tracer/query/state.ts';
import { timelineWindow } from '../../src/tracer/query/timeline.ts';
import type { Recording } from '../../src/tracer/store/recording.ts';
import type {
  CallDetail,
  HostMessage,
  SpanBody,
  SpanBrief,
  StateAround,
  StateItem,
  ViewMessage,
} from '../../webview/messages.ts';
import { parseViewMessage } from '../../webview/model/parse-view.ts';

const MOST_CHILDREN = 200;
const MOST_MATCHES = 10_000;
const STARTS = ['call.enter', 'http.server.start', 'db.query.start'] as const;

/** The host's side of the cinema over a recording, without VS Code: answers every message of the view. */
export class RecordingHost {
  readonly recording: Recording;
  /** What the view has asked for, for the tests to look at. */
  readonly received: ViewMessage[] = [];
  readonly #post: (message: HostMessage) => void;
  live: boolean;

  constructor(recording: Recording, live: boolean, post: (message: HostMessage) => void) {
    this.recording = recording;
    this.live = live;
    this.#post = post;
  }

  receive(data: unknown): void {
    const message = parseViewMessage(data);
    if (message === null) throw new Error(`The view sent something that is no message: ${JSON.stringify(data)}`);
    this.received.push(message);
    switch (message.kind) {
      case 'ready':
        this.#post(this.init());
        return;
      case 'window':
        this.#post({ kind: 'window', requestId: message.requestId, window: timelineWindow(this.recording, message) });
        return;
      case 'select':
        if (message.call !== null)
          this.#post({ kind: 'detail', call: message.call, detail: this.detail(message.call) });
        return;
      case 'state':
        this.#post({ kind: 'state', requestId: message.requestId, t: message.t, items: this.states(message.t) });
        return;
      case 'search':
        this.#post(this.#search(message));
        return;
      case 'step':
        this.#post({ kind: 'found', requestId: message.requestId, span: this.#step(message), index: -1, total: 0 });
        return;
      case 'stop':
        this.live = false;
        this.#post({ kind: 'stopped', range: this.recording.range(), reason: 'Recording was stopped.' });
        return;
      case 'playhead':
      case 'open':
      case 'openFinding':
        return;
    }
  }

  init(): HostMessage {
    const { manifest } = this.recording;
    return {
      kind: 'init',
      recording: manifest.id,
      title: manifest.targets.map((target) => target.title).join(', '),
      question: manifest.question,
      originMs: manifest.originMs,
      live: this.live,
      range: this.recording.range(),
      targets: manifest.targets,
      probes: manifest.probes,
      findings: manifest.findings,
      status: this.#status(),
    };
  }

  /** After events were appended: tells the view how far the recording has come. */
  push(): void {
    this.#post({ kind: 'range', range: this.recording.range(), live: this.live });
    this.#post({ kind: 'status', status: this.#status() });
  }

  pushFindings(findings: readonly Finding[]): void {
    this.recording.update({ findings });
    this.#post({ kind: 'findings', findings });
  }

  send(message: HostMessage): void {
    this.#post(message);
  }

  detail(call: number): CallDetail | null {
    const span = this.recording.span(call);
    if (span === null) return null;
    const parents: SpanBrief[] = [];
    for (let up = span.parent; up !== null && parents.length < 100; ) {
      const parent = this.recording.span(up);
      if (parent === null) break;
      parents.unshift(parent);
      up = parent.parent;
    }
    const children = this.recording.children(call);
    const events = this.recording.query({ call: span.call });
    const findings = this.recording.manifest.findings.filter((finding) => finding.evidence.calls.includes(span.call));
    return {
      span,
      body: bodyOf(events),
      duration: span.end === null ? null : span.end - span.start,
      parents,
      children: children.slice(0, MOST_CHILDREN),
      childCount: children.length,
      states: statesOf(events),
      findings: findings.map((finding) => finding.id),
    };
  }

  states(t: number): StateItem[] {
    return stateAt(this.recording, t).map(
      ({ target, holder, path, key, value, present, since, by, before, source }) => ({
        target,
        holder,
        path,
        key,
        value,
        present,
        since,
        by: by === null ? null : this.recording.span(by),
        // A change always knows what it replaced, `null` included.
        ...(before !== null || source === 'change' ? { before, diff: diffValues(before, value) } : { diff: [] }),
      }),
    );
  }

  #status(): { events: number; calls: number; dropped: number; overheadPercent: number | null } {
    const { recording } = this;
    const { dropped, overhead } = recording.manifest;
    return {
      events: recording.eventCount,
      calls: recording.spanCount,
      dropped,
      overheadPercent: overhead?.percent ?? null,
    };
  }

  #search(message: Extract<ViewMessage, { kind: 'search' }>): HostMessage {
    const calls = new Map<number, SpanBrief>();
    for (const event of this.recording.events({ text: message.text })) {
      if (!('call' in event) || event.call === null || calls.has(event.call)) continue;
      const span = this.recording.span(event.call);
      if (span !== null) calls.set(span.call, span);
      if (calls.size >= MOST_MATCHES) break;
    }
    const matches = [...calls.values()].sort((a, b) => a.start - b.start || a.call - b.call);
    const current = message.call === null ? null : this.recording.span(message.call);
    const from = { t: current?.start ?? message.t, call: message.call ?? -1 };
    const after = (span: SpanBrief): boolean => span.start > from.t || (span.start === from.t && span.call > from.call);
    const before = (span: SpanBrief): boolean =>
      span.start < from.t || (span.start === from.t && span.call < from.call);
    let index = message.direction === 1 ? matches.findIndex(after) : matches.findLastIndex(before);
    if (index < 0) index = message.direction === 1 ? 0 : matches.length - 1;
    return { kind: 'found', requestId: message.requestId, span: matches[index] ?? null, index, total: matches.length };
  }

  #step(message: Extract<ViewMessage, { kind: 'step' }>): SpanBrief | null {
    const current = message.call === null ? null : this.recording.span(message.call);
    const t = current?.start ?? message.t;
    const where = { types: STARTS, ...(current === null ? {} : { target: current.target }) };
    const found =
      message.direction === 1
        ? this.recording.events({ ...where, from: t })
        : this.recording.query({ ...where, to: t }).reverse();
    for (const event of found) {
      if (!('call' in event) || event.call === null || event.call === current?.call) continue;
      if (current !== null && (event.seq - current.startSeq) * message.direction < 0) continue;
      return this.recording.span(event.call);
    }
    return null;
  }
}

function bodyOf(events: readonly TraceEvent[]): SpanBody {
  const start = events.find(
    (event) => event.type === 'call.enter' || event.type === 'http.server.start' || event.type === 'db.query.start',
  );
  const end = events.findLast(
    (event) =>
      event.type === 'call.exit' ||
      event.type === 'call.throw' ||
      event.type === 'call.settle' ||
      event.type === 'http.server.end' ||
      event.type === 'db.query.end',
  );
  if (start?.type === 'http.server.start') {
    const ended = end?.type === 'http.server.end' ? end : null;
    return {
      kind: 'http',
      method: start.method,
      url: start.url,
      status: ended?.status ?? null,
      aborted: ended?.outcome === 'aborted',
    };
  }
  if (start?.type === 'db.query.start') {
    const ended = end?.type === 'db.query.end' ? end : null;
    const { system, statement, params } = start;
    return {
      kind: 'db',
      system,
      statement,
      params: params ?? null,
      rows: ended?.rows ?? null,
      error: ended?.error ?? null,
    };
  }
  const args = start?.type === 'call.enter' ? start.args : [];
  return {
    kind: 'call',
    args,
    argc: start?.type === 'call.enter' ? (start.argc ?? args.length) : args.length,
    self: start?.type === 'call.enter' ? (start.self ?? null) : null,
    outcome:
      end?.type === 'call.settle'
        ? { kind: end.outcome, value: end.value }
        : end?.type === 'call.throw'
          ? { kind: 'threw', value: end.error }
          : end?.type === 'call.exit'
            ? end.pending === true
              ? { kind: 'pending' }
              : { kind: 'returned', value: end.value }
            : { kind: 'running' },
  };
}

function statesOf(events: readonly TraceEvent[]): StateAround[] {
  const found = new Map<string, StateAround>();
  for (const event of events) {
    if (event.type !== 'state.snapshot') continue;
    const known = found.get(event.path) ?? {
      path: event.path,
      holder: event.holder ?? null,
      diff: [],
    };
    found.set(
      event.path,
      event.when === 'before' ? { ...known, before: event.value } : { ...known, after: event.value },
    );
  }
  return [...found.values()].map((around) => ({
    ...around,
    diff: around.before === undefined || around.after === undefined ? [] : diffValues(around.before, around.after),
  }));
}
