import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { formatCount, formatDuration, plural } from '../../adapter/duration.ts';
import type { Finding } from '../../tracer/finding/finding.ts';
import { listRecordings } from '../../tracer/store/catalogue.ts';
import type { ProbeState } from '../../tracer/store/manifest.ts';
import { recordingsOf } from '../../tracer/store/paths.ts';
import { bases } from '../commands/open-recording.ts';
import { listApplications } from '../debug/applications.ts';
import { processItems } from '../debug/process-items.ts';
import type { DebugSessions } from '../debug/sessions.ts';
import type { Shown } from '../recording/shown.ts';
import { Throttle } from '../throttle.ts';
import { ListView } from './list-view.ts';

const REFRESH_MS = 700;

/** The four lists of the side bar: processes to attach to, probes, recordings, findings. */
export function registerViews(shown: Shown, sessions: DebugSessions): vscode.Disposable[] {
  const targets = new ListView('nodescope.targets', () => targetItems(sessions));
  const probes = new ListView('nodescope.probes', () => (shown.current?.probes() ?? []).map(probeItem));
  const recordings = new ListView('nodescope.recordings', recordingItems);
  const findings = new ListView('nodescope.findings', () => (shown.current?.findings() ?? []).map(findingItem));
  const live = new Throttle(REFRESH_MS, () => {
    probes.refresh();
    findings.refresh();
  });
  return [
    ...[targets, probes, recordings, findings, live],
    shown.onDidChangeCurrent(live.call),
    shown.onDidChange((change) => {
      if (change !== 'events') live.call();
      if (change === 'stopped') recordings.refresh();
    }),
    sessions.onDidChange(() => {
      targets.refresh();
      recordings.refresh();
    }),
    vscode.commands.registerCommand('nodescope.refreshViews', () => {
      targets.refresh();
      recordings.refresh();
    }),
  ];
}

async function targetItems(sessions: DebugSessions): Promise<vscode.TreeItem[]> {
  const traced = new Set(sessions.all().flatMap(({ recording }) => recording.manifest.targets.map(({ pid }) => pid)));
  const processes = await listApplications();
  const first = processes.filter(({ pid }) => traced.has(pid));
  const rest = processes.filter(({ pid }) => !traced.has(pid));
  return processItems([...first, ...rest], Date.now()).map((process) => {
    const item: vscode.TreeItem & { pid?: number } = new vscode.TreeItem(process.label);
    const isTraced = traced.has(process.pid);
    item.description = isTraced ? `recording · ${process.description}` : process.description;
    item.tooltip = process.detail;
    item.iconPath = new vscode.ThemeIcon(isTraced ? 'record' : 'server-process');
    item.contextValue = isTraced ? 'traced' : 'process';
    item.pid = process.pid;
    return item;
  });
}

function probeItem(probe: ProbeState): vscode.TreeItem {
  const item = new vscode.TreeItem(probe.name);
  const works = probe.status === 'installed';
  item.description = works ? `${probe.engine} · ${plural(probe.calls, 'call')}` : `${probe.status}: ${probe.reason}`;
  item.tooltip = [probe.at, probe.reason].filter(Boolean).join('\n');
  item.iconPath = new vscode.ThemeIcon(works ? 'pass' : probe.status === 'failed' ? 'error' : 'warning');
  if (probe.location !== null && isAbsolute(probe.location.file)) {
    const position = new vscode.Position(Math.max(0, probe.location.line - 1), probe.location.column);
    const selection = new vscode.Range(position, position);
    item.command = {
      title: 'Open',
      command: 'vscode.open',
      arguments: [vscode.Uri.file(probe.location.file), { selection }],
    };
  }
  return item;
}

function findingItem(finding: Finding): vscode.TreeItem {
  const item = new vscode.TreeItem(finding.title);
  const first = formatDuration(finding.firstAt);
  item.description = finding.count > 1 ? `${formatCount(finding.count)} times, first at ${first}` : `at ${first}`;
  item.tooltip = `${finding.explanation}\n\n${finding.suggestion}`;
  item.iconPath = new vscode.ThemeIcon(finding.severity);
  item.command = { title: 'Show', command: 'nodescope.showFinding', arguments: [finding.id] };
  return item;
}

async function recordingItems(): Promise<vscode.TreeItem[]> {
  const lists = await Promise.all(
    bases().map(async (base) => (await listRecordings(base)).map((entry) => ({ base, entry }))),
  );
  return lists.flat().map(({ base, entry }) => {
    const item = new vscode.TreeItem(entry.question ?? entry.id);
    const figures = `${formatCount(entry.events)} events, ${plural(entry.findings, 'finding')}`;
    item.description = `${new Date(entry.originMs).toLocaleString()} · ${figures}`;
    item.tooltip = entry.targets.join(', ');
    item.iconPath = new vscode.ThemeIcon(entry.state === 'recording' ? 'record' : 'history');
    const folder = vscode.Uri.file(join(recordingsOf(base), entry.id));
    item.command = { title: 'Open', command: 'nodescope.openRecording', arguments: [folder] };
    return item;
  });
}
