import type { Finding } from '../../src/tracer/finding/finding.ts';
import type { ValueChange } from '../../src/tracer/query/diff.ts';
import type { ProbeState } from '../../src/tracer/store/manifest.ts';
import { type CallDetail, type CallOutcome, type HostMessage, type SpanBrief, TABS } from '../messages.ts';
import { type Fields, fields, flag, list, Mismatch, number, oneOf, orNull, text } from './check.ts';
import { captured } from './parse-value.ts';
import { location } from './parse-view.ts';
import { parseWindow } from './parse-window.ts';

/** A message of the host, checked, or null when it is none.  */
export function parseHostMessage(data: unknown): HostMessage | null {
  try {
    const message = fields(data, 'message');
    return check(message) ? (message as unknown as HostMessage) : null;
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}

function check(m: Fields): boolean {
  switch (m.kind) {
    case 'init':
      text(m.recording, 'recording');
      text(m.title, 'title');
      orNull(m.question, 'question', text);
      number(m.originMs, 'originMs');
      flag(m.live, 'live');
      range(m.range, 'range');
      list(m.targets, 'targets', target);
      list(m.probes, 'probes', probe);
      list(m.findings, 'findings', finding);
      status(m.status, 'status');
      return true;
    case 'range':
      range(m.range, 'range');
      flag(m.live, 'live');
      return true;
    case 'status':
      status(m.status, 'status');
      return true;
    case 'targets':
      list(m.targets, 'targets', target);
      return true;
    case 'probes':
      list(m.probes, 'probes', probe);
      return true;
    case 'findings':
      list(m.findings, 'findings', finding);
      return true;
    case 'follow':
      return true;
    case 'stopped':
      range(m.range, 'range');
      text(m.reason, 'reason');
      return true;
    case 'window':
      number(m.requestId, 'requestId');
      parseWindow(m.window, 'window');
      return true;
    case 'detail':
      number(m.call, 'call');
      orNull(m.detail, 'detail', detail);
      return true;
    case 'state':
      number(m.requestId, 'requestId');
      number(m.t, 't');
      list(m.items, 'items', item);
      return true;
    case 'found':
      number(m.requestId, 'requestId');
      orNull(m.span, 'span', span);
      number(m.index, 'index');
      number(m.total, 'total');
      return true;
    case 'focus':
      orNull(m.call, 'call', number);
      orNull(m.t, 't', number);
      orNull(m.finding, 'finding', text);
      orNull(m.tab, 'tab', (value, where) => oneOf(value, TABS, where));
      return true;
    default:
      return false;
  }
}

function range(value: unknown, where: string): void {
  const r = fields(value, where);
  if (number(r.from, `${where}.from`) > number(r.to, `${where}.to`)) throw new Mismatch(where, 'ordered');
}

function target(value: unknown, where: string): void {
  const t = fields(value, where);
  number(t.id, `${where}.id`);
  number(t.pid, `${where}.pid`);
  text(t.title, `${where}.title`);
}

function status(value: unknown, where: string): void {
  const s = fields(value, where);
  number(s.events, `${where}.events`);
  number(s.calls, `${where}.calls`);
  number(s.dropped, `${where}.dropped`);
  orNull(s.overheadPercent, `${where}.overheadPercent`, number);
}

const ENGINES: readonly ProbeState['engine'][] = ['rebind', 'breakpoint', 'library', 'watch', 'none'];
const STATUSES: readonly ProbeState['status'][] = ['installed', 'waiting', 'limited', 'failed', 'removed'];

function probe(value: unknown, where: string): void {
  const p = fields(value, where);
  number(p.id, `${where}.id`);
  number(p.target, `${where}.target`);
  text(p.at, `${where}.at`);
  text(p.name, `${where}.name`);
  orNull(p.location, `${where}.location`, location);
  oneOf(p.engine, ENGINES, `${where}.engine`);
  oneOf(p.status, STATUSES, `${where}.status`);
  text(p.reason, `${where}.reason`);
  number(p.calls, `${where}.calls`);
}

const SEVERITIES: readonly Finding['severity'][] = ['info', 'warning', 'error'];

function finding(value: unknown, where: string): void {
  const f = fields(value, where);
  text(f.id, `${where}.id`);
  text(f.detector, `${where}.detector`);
  text(f.title, `${where}.title`);
  oneOf(f.severity, SEVERITIES, `${where}.severity`);
  text(f.confidence, `${where}.confidence`);
  orNull(f.location, `${where}.location`, location);
  text(f.explanation, `${where}.explanation`);
  text(f.suggestion, `${where}.suggestion`);
  number(f.count, `${where}.count`);
  number(f.firstAt, `${where}.firstAt`);
  number(f.lastAt, `${where}.lastAt`);
  const evidence = fields(f.evidence, `${where}.evidence`);
  list(evidence.calls, `${where}.evidence.calls`, number);
  fields(f.details, `${where}.details`);
}

function span(value: unknown, where: string): void {
  const s = fields(value, where);
  number(s.call, `${where}.call`);
  orNull(s.parent, `${where}.parent`, number);
  number(s.root, `${where}.root`);
  number(s.target, `${where}.target`);
  oneOf<SpanBrief['kind']>(s.kind, ['call', 'http', 'db'], `${where}.kind`);
  text(s.name, `${where}.name`);
  number(s.start, `${where}.start`);
  orNull(s.end, `${where}.end`, number);
  flag(s.failed, `${where}.failed`);
  orNull(s.location, `${where}.location`, location);
}

function detail(value: unknown, where: string): void {
  const d = fields(value, where);
  span(d.span, `${where}.span`);
  body(fields(d.body, `${where}.body`), `${where}.body`);
  orNull(d.duration, `${where}.duration`, number);
  list(d.parents, `${where}.parents`, span);
  list(d.children, `${where}.children`, span);
  number(d.childCount, `${where}.childCount`);
  list<void>(d.states, `${where}.states`, (state, place) => {
    const s = fields(state, place);
    text(s.path, `${place}.path`);
    orNull(s.holder, `${place}.holder`, number);
    orNull(s.before, `${place}.before`, captured);
    orNull(s.after, `${place}.after`, captured);
    list(s.diff, `${place}.diff`, change);
  });
  list(d.findings, `${where}.findings`, text);
}

function body(b: Fields, where: string): void {
  switch (oneOf<CallDetail['body']['kind']>(b.kind, ['call', 'http', 'db'], `${where}.kind`)) {
    case 'call': {
      list(b.args, `${where}.args`, captured);
      number(b.argc, `${where}.argc`);
      orNull(b.self, `${where}.self`, number);
      outcome(fields(b.outcome, `${where}.outcome`), `${where}.outcome`);
      return;
    }
    case 'http':
      text(b.method, `${where}.method`);
      text(b.url, `${where}.url`);
      orNull(b.status, `${where}.status`, number);
      flag(b.aborted, `${where}.aborted`);
      return;
    case 'db':
      text(b.system, `${where}.system`);
      orNull(b.params, `${where}.params`, (params, place) => list(params, place, captured));
      captured(b.statement, `${where}.statement`);
      orNull(b.rows, `${where}.rows`, number);
      orNull(b.error, `${where}.error`, captured);
  }
}

const CHANGES: readonly ValueChange['op'][] = ['added', 'removed', 'changed'];

function change(value: unknown, where: string): void {
  const c = fields(value, where);
  text(c.path, `${where}.path`);
  oneOf(c.op, CHANGES, `${where}.op`);
  orNull(c.before, `${where}.before`, captured);
  orNull(c.after, `${where}.after`, captured);
}

function outcome(o: Fields, where: string): void {
  const kind = oneOf<CallOutcome['kind']>(
    o.kind,
    ['returned', 'threw', 'fulfilled', 'rejected', 'pending', 'running'],
    `${where}.kind`,
  );
  if (kind !== 'pending' && kind !== 'running') captured(o.value, `${where}.value`);
}

function item(value: unknown, where: string): void {
  const i = fields(value, where);
  text(i.path, `${where}.path`);
  orNull(i.holder, `${where}.holder`, number);
  number(i.since, `${where}.since`);
  orNull(i.by, `${where}.by`, span);
  captured(i.value, `${where}.value`);
  orNull(i.key, `${where}.key`, captured);
  orNull(i.before, `${where}.before`, captured);
  number(i.target, `${where}.target`);
  flag(i.present, `${where}.present`);
  list(i.diff, `${where}.diff`, change);
}
