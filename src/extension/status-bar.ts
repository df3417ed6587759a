import * as vscode from 'vscode';
import { formatCount } from '../adapter/duration.ts';
import { statusOf } from './cinema/host.ts';
import type { Shown } from './recording/shown.ts';
import { Throttle } from './throttle.ts';

const REFRESH_MS = 500;

/** One item while a recording is shown: state, events, measured overhead. A click shows the cinema, its tooltip can stop. */
export class StatusBar implements vscode.Disposable {
  readonly #shown: Shown;
  readonly #item = vscode.window.createStatusBarItem('nodescope.status', vscode.StatusBarAlignment.Left, 10);
  readonly #throttle = new Throttle(REFRESH_MS, () => this.#draw());
  readonly #disposables: vscode.Disposable[];

  constructor(shown: Shown) {
    this.#shown = shown;
    this.#item.name = 'NodeScope';
    this.#item.command = 'nodescope.showCinema';
    this.#disposables = [
      this.#item,
      this.#throttle,
      shown.onDidChangeCurrent(this.#throttle.call),
      shown.onDidChange(this.#throttle.call),
      shown.onDidMovePlayhead(this.#throttle.call),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #draw(): void {
    const { current } = this.#shown;
    if (current === null) {
      this.#item.hide();
      return;
    }
    const { events, calls, dropped, overheadPercent } = statusOf(current);
    const icon = !current.live ? '$(history)' : current.playhead.live ? '$(record)' : '$(debug-pause)';
    const cost = overheadPercent === null ? '' : ` · ${overheadPercent.toFixed(2)}%`;
    const lost = dropped === 0 ? '' : ` · $(warning) ${formatCount(dropped)} dropped`;
    this.#item.text = `${icon} NodeScope ${formatCount(events)} events${cost}${lost}`;
    const state = !current.live
      ? 'stored recording'
      : current.playhead.live
        ? 'recording'
        : 'recording, playback frozen';
    this.#item.accessibilityInformation = { label: `NodeScope, ${state}, ${events} events${cost}` };
    this.#item.tooltip = tooltip(
      current.title,
      [
        `State: ${state}`,
        `Events: ${formatCount(events)}, calls: ${formatCount(calls)}, dropped: ${formatCount(dropped)}`,
        overheadPercent === null
          ? 'Overhead: not measured yet'
          : `Overhead: ${overheadPercent.toFixed(2)}% of the main thread, measured`,
      ],
      current.live,
    );
    this.#item.show();
  }
}

function tooltip(title: string, lines: readonly string[], live: boolean): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: ['nodescope.stop', 'nodescope.showCinema'] };
  text.appendMarkdown('**NodeScope** ').appendText(title);
  for (const line of lines) text.appendMarkdown('\n\n').appendText(line);
  const stop = live ? ' · [$(debug-disconnect) Stop and restore the application](command:nodescope.stop)' : '';
  text.appendMarkdown(`\n\n[$(graph) Show the cinema](command:nodescope.showCinema)${stop}`);
  return text;
}
