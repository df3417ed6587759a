import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../recording/shown.ts';
import { Throttle } from '../throttle.ts';
import { diagnosticOf, findingIdOf, SOURCE } from './finding-diagnostic.ts';

const REFRESH_MS = 400;

/** The shown recording's findings in VS Code's Problems view, each with a way into the cinema. */
export class Problems implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #shown: Shown;
  readonly #collection = vscode.languages.createDiagnosticCollection(SOURCE);
  readonly #throttle = new Throttle(REFRESH_MS, () => this.#refresh());
  readonly #disposables: vscode.Disposable[];

  constructor(shown: Shown) {
    this.#shown = shown;
    this.#disposables = [
      this.#collection,
      this.#throttle,
      shown.onDidChangeCurrent(this.#throttle.call),
      shown.onDidChange((change) => {
        if (change !== 'events') this.#throttle.call();
      }),
      vscode.languages.registerCodeActionsProvider({ scheme: 'file' }, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    ];
  }

  provideCodeActions(_: vscode.TextDocument, __: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    const { current } = this.#shown;
    if (current === null) return [];
    return context.diagnostics
      .filter((diagnostic) => diagnostic.source === SOURCE)
      .flatMap((diagnostic) => {
        const id = findingIdOf(diagnostic);
        if (id === null) return [];
        const action = new vscode.CodeAction(
          'Show the evidence in the NodeScope cinema',
          vscode.CodeActionKind.QuickFix,
        );
        action.command = { title: action.title, command: 'nodescope.showFinding', arguments: [id] };
        action.diagnostics = [diagnostic];
        return [action];
      });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #refresh(): void {
    this.#collection.clear();
    const { current } = this.#shown;
    if (current === null) return;
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const finding of current.findings()) {
      const file = finding.location?.file;
      const diagnostic = diagnosticOf(finding, current.recording);
      if (file === undefined || diagnostic === null || !isAbsolute(file)) continue;
      byFile.set(file, [...(byFile.get(file) ?? []), diagnostic]);
    }
    for (const [file, diagnostics] of byFile) this.#collection.set(vscode.Uri.file(file), diagnostics);
  }
}
