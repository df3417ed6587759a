import * as vscode from 'vscode';
import { parentsOf } from '../../adapter/call-stack.ts';
import { formatDuration } from '../../adapter/duration.ts';
import { spanRecord } from '../../adapter/span-record.ts';
import { callText } from '../../adapter/variables.ts';
import { formatArgs, formatValue } from '../../tracer/event/format.ts';
import type { SourceLocation } from '../../tracer/event/location.ts';
import type { Finding } from '../../tracer/finding/finding.ts';
import type { Recording } from '../../tracer/store/recording.ts';

export const SOURCE = 'NodeScope';
/** Pieces of evidence listed below one problem. */
const MAX_RELATED = 5;

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
function findingLink(id: string): vscode.Uri {
  return vscode.Uri.parse(`command:nodescope.showFinding?${encodeURIComponent(JSON.stringify([id]))}`);
}

/** The finding a diagnostic was made of; its text may have changed since. */
export function findingIdOf({ code }: vscode.Diagnostic): string | null {
  if (typeof code !== 'object') return null;
  const [id] = JSON.parse(decodeURIComponent(code.target.query)) as unknown[];
  return typeof id === 'string' ? id : null;
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
  return repeats(finding, recording);
}

/** Who runs the repeated query, innermost first, then the first of the repeats with what they asked for. */
function repeats({ evidence }: Finding, recording: Recording): vscode.DiagnosticRelatedInformation[] {
  const queries = evidence.calls.flatMap((call) => {
    const record = spanRecord(recording, call);
    return record?.kind === 'db' ? [record] : [];
  });
  const last = queries.at(-1);
  const callers = last === undefined ? [] : parentsOf(recording, last.span).reverse();
  const from = callers.flatMap(({ name, location }) => (location === null ? [] : [info(location, `run by ${name}`)]));
  const asked = queries.slice(0, MAX_RELATED).flatMap(({ span, start }) => {
    if (span.location === null) return [];
    const params = start.params === undefined ? '' : ` with (${formatArgs(start.params, 60)})`;
    return [info(span.location, `the query${params} at ${formatDuration(span.start)}`)];
  });
  return [...from, ...asked];
}

function info(location: SourceLocation, text: string): vscode.DiagnosticRelatedInformation {
  const place = new vscode.Location(vscode.Uri.file(location.file), rangeOf(location));
  return new vscode.DiagnosticRelatedInformation(place, text);
}
