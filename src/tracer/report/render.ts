import { relative } from 'node:path';
import { escapeControls, formatArgs, formatValue } from '../event/format.ts';
import type { SourceLocation } from '../event/location.ts';
import type { Finding, LostUpdateAccess, LostUpdateDetails, NPlusOneDetails } from '../finding/finding.ts';
import { placeText } from '../finding/lost-update-text.ts';
import { type Paint, paintWith } from './paint.ts';
import type { Report, ReportProbe } from './report.ts';
import { table } from './table.ts';

interface RenderOptions {
  /** ANSI colours. */
  readonly color: boolean;
  /** Files are shown relative to it. */
  readonly base?: string;
}

const MAX_TEXT = 160;
const MAX_ROWS = 8;

/** The report as text for a terminal. Everything that came out of the application is escaped. */
export function renderReport(report: Report, options: RenderOptions): string {
  const paint = paintWith(options.color);
  const base = options.base ?? process.cwd();
  const sections = [
    head(report, paint),
    ...findings(report, paint, base),
    timings(report, paint),
    errors(report, paint, base),
    probes(report, paint),
    foot(report, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function head(report: Report, paint: Paint): string {
  const lines = [`${paint.bold('Recording')} ${escapeControls(report.id)}  ${duration(report.duration)}`];
  if (report.question !== null) lines.push(`Question: ${text(report.question)}`);
  for (const target of report.targets) {
    lines.push(`Target ${target.id}: ${text(target.title)} (pid ${target.pid}, Node ${text(target.nodeVersion)})`);
  }
  if (report.state === 'interrupted') {
    lines.push(paint.warn('Interrupted: the recorder ended without finishing; this is what it had written.'));
  }
  if (report.state === 'recording') lines.push('Still being recorded.');
  return lines.join('\n');
}

function findings(report: Report, paint: Paint, base: string): string[] {
  if (report.findings.length === 0) return [`${paint.bold('Findings')}: none`];
  const title = paint.bold(`Findings (${report.findings.length})`);
  return [title, ...report.findings.map((finding, i) => findingText(finding, i + 1, paint, base))];
}

function findingText(finding: Finding, number: number, paint: Paint, base: string): string {
  const mark = { error: paint.bad, warning: paint.warn, info: paint.dim }[finding.severity];
  const lines = [`${number}. ${mark(finding.severity)}  ${paint.bold(text(finding.title))}`];
  lines.push(`   at ${place(finding.location, base)}`);
  const { details } = finding;
  lines.push(...(details.kind === 'n-plus-one' ? nPlusOne(details) : lostUpdate(details, finding.count)));
  lines.push(`   fix  ${text(finding.suggestion, 400)}`);
  return lines.join('\n');
}

function nPlusOne(details: NPlusOneDetails): string[] {
  const { perRequest, requests } = details;
  const lines = [
    `   statement  ${text(details.statement, 300)}`,
    `   count      ${perRequest.max} per request at most, ${perRequest.median} typically, in ${requests} ${requests === 1 ? 'request' : 'requests'}; ${details.order}`,
  ];
  if (details.source !== null) {
    lines.push(`   after      ${text(details.source.statement, 300)} (${details.source.rows ?? '?'} rows)`);
  }
  lines.push(`   example    ${text(details.root)}: ${Math.round(details.share * 100)}% of its time`);
  return lines;
}

function lostUpdate(details: LostUpdateDetails, count: number): string[] {
  const access = (a: LostUpdateAccess): string[] => [
    text(a.function) + (a.function.includes(' ') ? '' : `(${formatArgs(a.args, 60)})`),
    `read ${formatValue(a.read, 60)}`,
    `at ${milliseconds(a.readAt)}`,
    `wrote ${formatValue(a.wrote, 60)}`,
    `at ${milliseconds(a.wroteAt)}`,
  ];
  const rows = table([
    ['lost', ...access(details.lost)],
    ['by', ...access(details.by)],
  ]);
  const times = count === 1 ? 'once' : `${count} times`;
  return [
    `   state  ${escapeControls(placeText(details.path, details.key))}, ${times}`,
    ...rows.map((row) => `   ${row}`),
  ];
}

function timings(report: Report, paint: Paint): string {
  const rows: string[][] = [];
  for (const [kind, list] of [
    ['request', report.requests],
    ['call', report.functions],
    ['query', report.queries],
  ] as const) {
    for (const item of list.filter((each) => each.calls > 0).slice(0, MAX_ROWS)) {
      const failed = item.errors > 0 ? String(item.errors) : '';
      rows.push([
        kind,
        text(item.name, 60),
        String(item.calls),
        failed,
        duration(item.p50),
        duration(item.p95),
        duration(item.max),
      ]);
    }
  }
  if (rows.length === 0) return '';
  const head = ['', '', 'count', 'failed', 'p50', 'p95', 'max'];
  return [paint.bold('Most time spent'), ...table([head, ...rows], 'llrrrrr')].join('\n');
}

function errors(report: Report, paint: Paint, base: string): string {
  if (report.errors.length === 0) return '';
  const rows = report.errors
    .slice(0, MAX_ROWS)
    .map((error) => [`${error.count} ×`, text(error.name, 60), text(error.error, 80), place(error.location, base)]);
  return [paint.bold('Errors'), ...table(rows, 'rlll')].join('\n');
}

function probes(report: Report, paint: Paint): string {
  if (report.probes.length === 0) return '';
  const rows = report.probes.map((probe) => [
    text(probe.name, 60),
    probe.engine,
    probe.status,
    probe.kind === 'function' ? `${probe.calls} calls` : '',
    audit(probe),
    text(probe.reason),
  ]);
  return [paint.bold('Probes'), ...table(rows, 'lllrll')].join('\n');
}

function audit(probe: ReportProbe): string {
  if (probe.completeness === null || probe.audit === null) return '';
  const { v8, recorded, by } = probe.audit;
  const where = by === 'breakpoint' ? 'begun at its first line' : 'V8 counted';
  return `${(probe.completeness * 100).toFixed(1)}% of the calls ${where} (${recorded}/${v8})`;
}

function foot(report: Report, paint: Paint): string {
  const dropped = `dropped ${report.dropped}`;
  const parts = [
    `calls ${report.calls}`,
    `events ${report.events}`,
    report.dropped > 0 ? paint.warn(dropped) : dropped,
  ];
  if (report.damaged > 0) parts.push(paint.warn(`unreadable lines ${report.damaged}`));
  const { overhead } = report;
  parts.push(
    overhead === null
      ? 'overhead not measured'
      : `overhead ${overhead.percent.toFixed(2)}% of the main thread (${overhead.agentMs.toFixed(1)} ms in ${(overhead.wallMs / 1000).toFixed(1)} s)`,
  );
  return parts.join('   ');
}

function place(location: SourceLocation | null, base: string): string {
  if (location === null) return '(unknown line)';
  const shorter = relative(base, location.file);
  const file = shorter === '' || shorter.startsWith('..') ? location.file : shorter;
  return escapeControls(`${file}:${location.line}`);
}

function text(raw: string, max = MAX_TEXT): string {
  const line = escapeControls(raw);
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(3)} ms`;
}

/** Nanoseconds with three digits: `845 ns`, `12.3 µs`, `4.56 ms`, `1.23 s`. */
function duration(ns: number): string {
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
  ] as const) {
    const value = ns / size;
    if (value >= 1) return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
  }
  return `${Math.round(ns)} ns`;
}
