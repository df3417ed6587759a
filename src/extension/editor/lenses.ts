import * as vscode from 'vscode';
import { targetLabel } from '../../adapter/target-name.ts';
import { functionProfiles } from '../../tracer/query/profile.ts';
import type { ProbeState } from '../../tracer/store/manifest.ts';
import type { Recording } from '../../tracer/store/recording.ts';
import type { Shown } from '../recording/shown.ts';
import { onSetting, settings } from '../settings.ts';
import { Throttle } from '../throttle.ts';
import { sameFile } from './files.ts';
import { lensText } from './lens-text.ts';

/** Milliseconds between refreshes while recording: figures that change faster cannot be read. */
const REFRESH_MS = 500;

/** Code lenses above traced functions, while a recording is shown and until they are cleared. */
export class TraceLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #shown: Shown;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #throttle = new Throttle(REFRESH_MS, () => this.#changed.fire());
  readonly #disposables: vscode.Disposable[];
  #cleared: unknown = null;

  constructor(shown: Shown) {
    this.#shown = shown;
    this.#disposables = [
      this.#changed,
      this.#throttle,
      shown.onDidChangeCurrent(this.#throttle.call),
      shown.onDidChange(this.#throttle.call),
      onSetting('codeLens', this.#throttle.call),
      vscode.languages.registerCodeLensProvider({ scheme: 'file' }, this),
    ];
  }

  /** Takes the lenses of this recording away. */
  clear(): void {
    this.#cleared = this.#shown.current;
    this.#changed.fire();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { current } = this.#shown;
    if (current === null || current === this.#cleared || !settings.codeLens()) return [];
    const lenses: vscode.CodeLens[] = [];
    const many = current.recording.manifest.targets.length > 1;
    const profiles = functionProfiles(current.recording)
      .filter(({ location }) => location !== null && sameFile(location.file, document.uri.fsPath))
      .sort((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0) || a.probe - b.probe);
    for (const profile of profiles) {
      const line = (profile.location?.line ?? 1) - 1;
      if (line >= document.lineCount) continue;
      const range = new vscode.Range(line, 0, line, 0);
      const probe = current.recording.probeOf(profile.probe);
      const where = many && probe !== undefined ? whereOf(current.recording, probe) : '';
      const event = profile.lastEnter === null ? null : current.recording.event(profile.lastEnter);
      const call = event !== null && 'call' in event ? event.call : null;
      lenses.push(
        new vscode.CodeLens(range, {
          title: `${lensText(profile, probe)}${where}`,
          tooltip: `${profile.name}: show the last call in the cinema`,
          command: 'nodescope.showCall',
          arguments: [call],
        }),
      );
    }
    const first = lenses[0];
    if (first !== undefined) {
      const clear = { title: 'clear', tooltip: 'Hide these figures', command: 'nodescope.clearLenses' };
      lenses.push(new vscode.CodeLens(first.range, clear));
    }
    return lenses;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function whereOf(recording: Recording, probe: ProbeState): string {
  const target = recording.manifest.targets.find((candidate) => candidate.id === probe.target);
  return target === undefined ? ` · target ${probe.target}` : ` · ${targetLabel(target)}`;
}
