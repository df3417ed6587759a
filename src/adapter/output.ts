import { escapeControls } from '../tracer/event/format.ts';
import type { Finding } from '../tracer/finding/finding.ts';
import type { Overhead, ProbeState, RecordingManifest } from '../tracer/store/manifest.ts';
import { formatCount, plural } from './duration.ts';
import { targetName } from './target-name.ts';

/** What the Debug Console is told, one line each (without the line end). Names come from the target: escaped. */

export function attachedLine(manifest: RecordingManifest): string {
  const targets = manifest.targets.map(
    (t) => `${escapeControls(targetName(t))} (pid ${t.pid}, Node ${escapeControls(t.nodeVersion)})`,
  );
  return `Attached to ${targets.join(', ')} without a restart; recording ${manifest.id}.`;
}

export function planLine(question: string, probes: number, file: string | null): string {
  const source = file === null ? `made for “${escapeControls(question)}”` : `from ${escapeControls(file)}`;
  return `Plan ${source}: ${plural(probes, 'probe')}.`;
}

/** One line about a probe that has settled: its engine, and why it is no better, or does not work. */
export function probeLine(probe: ProbeState): string {
  const name = escapeControls(probe.at);
  const reason = escapeControls(probe.reason);
  if (probe.status === 'installed') return `  ✓ ${name}: ${probe.engine}${reason === '' ? '' : ` (${reason})`}`;
  return `  ${probe.status === 'waiting' ? '…' : '✗'} ${name}: ${probe.status}${reason === '' ? '' : `, ${reason}`}`;
}

export function probesLine(probes: readonly ProbeState[]): string {
  const count = (status: ProbeState['status']): number => probes.filter((probe) => probe.status === status).length;
  const waiting = count('waiting');
  const rest = waiting === 0 ? '' : `; ${formatCount(waiting)} will be at the first call of their functions`;
  return `${formatCount(count('installed'))} of ${plural(probes.length, 'probe')} installed${rest}:`;
}

export function findingLine(finding: Finding): string {
  return `${finding.severity === 'error' ? '✗' : '⚠'} ${escapeControls(finding.title)} — ${escapeControls(finding.suggestion)}`;
}

export function summaryLine(
  events: number,
  calls: number,
  dropped: number,
  findings: number,
  overhead: Overhead | null,
): string {
  const cost = overhead === null ? 'overhead not measured' : `overhead ${overhead.percent.toFixed(2)}%`;
  return `Recorded ${plural(events, 'event')}, ${plural(calls, 'call')}, ${plural(findings, 'finding')}; dropped ${dropped}; ${cost}.`;
}

export function leftLine(directory: string): string {
  return `The application goes on with its original functions. Recording: ${directory}`;
}
