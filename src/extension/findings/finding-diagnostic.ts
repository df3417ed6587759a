import * as vscode from 'vscode';
import { formatDuration } from '../../adapter/duration.ts';
import { spanRecord } from '../../adapter/span-record.ts';
import { callText } from '../../adapter/variables.ts';
import { formatValue } from '../../tracer/event/format.ts';
import type { SourceLocation } from '../../tracer/event/location.ts';
import type { Finding } from '../../tracer/finding/finding.ts';
import type { Recording } from '../../tracer/store/recording.ts';

export const SOURCE = 'NodeScope';
/** Pieces of evidence listed below one problem. */
const MAX_RELATED = 6;

const SEVERITY = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

/** A finding as VS Code's Problems view shows it, with its evidence as related places; null without a place in the code. */
export function diagnosticOf(finding: Finding, recording: Recording): vscode.Diagnostic | null {
  if (finding.location === null) return null;
  const message = `${finding.title}. ${finding.suggestion}`;
  const diagnostic = new vscode.Diagnostic(rangeOf(finding.location), message, SEVERITY[finding.severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = { value: finding.detector, target: findingLink(finding.id) };
  diagnostic.relatedInformation = related(finding, recording);
  return diagnostic;
}

/** Opens the finding in the cinema. */
export function findingLink(id: string): vscode.Uri {
  return vscode.Uri.parse(`command:nodescope.showFinding?${encodeURIComponent(JSON.stringify([id]))}`);
}

/** Empty: VS Code widens it to the word there. */
function rangeOf({ line, column }: SourceLocation): vscode.Range {
  const position = new vscode.Position(Math.max(0, line - 1), Math.max(0, column));
  return new vscode.Range(position, position);
}

function related(finding: Finding, recording: Recording): vscode.DiagnosticRelatedInformation[] {
  const { details } = finding;
  if (details.kind === 'lost-update') {
    return [details.by, details.lost].flatMap((access) => {
      const place = recording.span(access.call)?.location;
      if (place == null) return [];
      const did = `read ${formatValue(access.read, 60)} at ${formatDuration(access.readAt)}, wrote ${formatValue(access.wrote, 60)} at ${formatDuration(access.wroteAt)}`;
      return [info(place, `${callText(access.function, access.args, 80)} ${did}`)];
    });
  }
  const calls = finding.evidence.calls.slice(0, MAX_RELATED);
  return calls.flatMap((call) => {
    const record = spanRecord(recording, call);
    const place = record?.span.location;
    if (record == null || place == null) return [];
    const what = record.kind === 'call' ? callText(record.span.name, record.enter.args, 80) : record.span.name;
    return [info(place, `${what} at ${formatDuration(record.span.start)}`)];
  });
}

function info(location: SourceLocation, text: string): vscode.DiagnosticRelatedInformation {
  const place = new vscode.Location(vscode.Uri.file(location.file), rangeOf(location));
  return new vscode.DiagnosticRelatedInformation(place, text);
}
