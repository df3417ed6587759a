import { escapeControls } from '../tracer/event/format.ts';
import type { Finding } from '../tracer/finding/finding.ts';
import type { Overhead, ProbeState, RecordingManifest } from '../tracer/store/manifest.ts';
import { plural } from './duration.ts';
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

const NOT_WORKING: ReadonlySet<ProbeState['status']> = new Set(['failed', 'waiting', 'limited']);

/** One line about a probe: its engine, and why it does not work where it does not. */
export function probeLine(probe: ProbeState): string {
  const name = escapeControls(probe.at);
  if (NOT_WORKING.has(probe.status)) return `  ✗ ${name}: ${probe.status}, ${escapeControls(probe.reason)}`;
  const why = probe.reason === '' ? '' : ` (${escapeControls(probe.reason)})`;
  return `  ✓ ${name}: ${probe.engine}${why}`;
}

export function probesLine(probes: readonly ProbeState[]): string {
  const installed = probes.filter((probe) => probe.status === 'installed').length;
  return `${installed} of ${plural(probes.length, 'probe')} installed:`;
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
