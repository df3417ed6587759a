import * as vscode from 'vscode';
import { chainAt, rootsUnderWay } from '../../adapter/call-stack.ts';
import type { Span } from '../../tracer/store/span.ts';
import type { OpenRecording } from '../recording/open-recording.ts';
import type { Shown } from '../recording/shown.ts';
import { onSetting, settings } from '../settings.ts';
import { Throttle } from '../throttle.ts';
import { callLine } from './call-text.ts';
import { sameFile } from './files.ts';

/** A dragged playhead is followed this often (milliseconds). */
const FOLLOW_MS = 80;

/** Marks the selected call's line, and at a frozen playhead the values of the calls then in flight, at the end of their lines. */
export class TraceDecorations implements vscode.Disposable {
  readonly #shown: Shown;
  readonly #selected = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  });
  readonly #values = vscode.window.createTextEditorDecorationType({
    after: { margin: '0 0 0 3em', color: new vscode.ThemeColor('editorCodeLens.foreground') },
  });
  readonly #throttle = new Throttle(FOLLOW_MS, () => this.#draw());
  readonly #disposables: vscode.Disposable[];

  constructor(shown: Shown) {
    this.#shown = shown;
    this.#disposables = [
      this.#selected,
      this.#values,
      this.#throttle,
      shown.onDidSelect(this.#throttle.call),
      shown.onDidMovePlayhead(this.#throttle.call),
      shown.onDidChangeCurrent(this.#throttle.call),
      onSetting('inlineValues', this.#throttle.call),
      vscode.window.onDidChangeVisibleTextEditors(this.#throttle.call),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #draw(): void {
    const { current, selected } = this.#shown;
    const span = current === null || selected === null ? null : current.recording.span(selected);
    const inFlight = current === null || current.playhead.live ? [] : spansInFlight(current);
    for (const editor of vscode.window.visibleTextEditors) {
      const chosen = span !== null && isIn(editor.document, span) ? span : null;
      editor.setDecorations(this.#selected, chosen === null ? [] : [lineOf(chosen)]);
      const wanted = current !== null && settings.inlineValues();
      const others = wanted ? inFlight.filter((candidate) => isIn(editor.document, candidate)) : [];
      editor.setDecorations(this.#values, wanted ? valueLines(current, chosen, others) : []);
    }
  }
}

function isIn(document: vscode.TextDocument, { location }: Span): boolean {
  return location !== null && location.line <= document.lineCount && sameFile(location.file, document.uri.fsPath);
}

/** One text per line: the chosen call's, else that of the first call in flight there. */
function valueLines(open: OpenRecording, chosen: Span | null, inFlight: readonly Span[]): vscode.DecorationOptions[] {
  const lines = new Map<number, Span[]>();
  for (const span of inFlight) {
    const line = span.location?.line ?? 1;
    lines.set(line, [...(lines.get(line) ?? []), span]);
  }
  if (chosen?.location != null) lines.set(chosen.location.line, [chosen]);
  return [...lines.values()].map((calls) => {
    const [first] = calls as [Span];
    const more = calls.length > 1 ? `  (and ${calls.length - 1} more in flight)` : '';
    const contentText = `${callLine(open.recording, first.call)}${more}`;
    return { range: lineOf(first), renderOptions: { after: { contentText } } };
  });
}

function spansInFlight({ recording, playhead }: OpenRecording): Span[] {
  const { t, call } = playhead;
  const spans = rootsUnderWay(recording, t).flatMap((root) => chainAt(recording, root, t, call));
  return spans.filter((span) => span.kind !== 'http');
}

function lineOf(span: Span): vscode.Range {
  const line = Math.max(0, (span.location?.line ?? 1) - 1);
  return new vscode.Range(line, 0, line, Number.MAX_SAFE_INTEGER);
}
