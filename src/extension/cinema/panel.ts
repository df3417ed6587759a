import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { cinemaHtml } from '../../../webview/html.ts';
import type { HostMessage } from '../../../webview/messages.ts';
import type { SourceLocation } from '../../tracer/event/location.ts';
import { reveal } from '../editor/reveal.ts';
import type { Shown } from '../recording/shown.ts';
import { reporting } from '../report-error.ts';
import { CinemaHost, type Focus } from './host.ts';

export const CINEMA_TYPE = 'nodescope.cinema';

/** The cinema's panel: at most one, showing the shown recording. */
export class CinemaPanel implements vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #shown: Shown;
  readonly #disposables: vscode.Disposable[];
  #panel: vscode.WebviewPanel | null = null;
  #host: CinemaHost | null = null;
  /** The page has loaded and has not been hidden since. */
  #loaded = false;

  constructor(extension: vscode.Uri, shown: Shown) {
    this.#extension = extension;
    this.#shown = shown;
    this.#disposables = [shown.onDidChangeCurrent(() => this.#recordingChanged())];
  }

  get column(): vscode.ViewColumn | undefined {
    return this.#panel?.viewColumn;
  }

  /** Opens the panel beside the code, or brings it to the front; never takes the focus. */
  show(): void {
    if (this.#panel !== null) {
      this.#panel.reveal(undefined, true);
      return;
    }
    const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.adopt(vscode.window.createWebviewPanel(CINEMA_TYPE, 'NodeScope Cinema', where, this.#options()));
  }

  /** Takes over a panel that VS Code has kept through a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    this.#loaded = false;
    panel.webview.options = this.#options();
    panel.iconPath = vscode.Uri.joinPath(this.#extension, 'media', 'nodescope.svg');
    panel.webview.onDidReceiveMessage((message) => this.#receive(message), undefined, this.#disposables);
    panel.onDidChangeViewState(() => this.#viewChanged(panel), undefined, this.#disposables);
    panel.onDidDispose(() => this.#closed(panel), undefined, this.#disposables);
    panel.webview.html = cinemaHtml({
      scriptUri: this.#asset(panel, 'cinema.js'),
      styleUri: this.#asset(panel, 'cinema.css'),
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
    });
    this.#recordingChanged();
  }

  /** Shows something in the cinema, opening it where needed. */
  focus(focus: Focus): void {
    this.show();
    this.#host?.focus(focus);
  }

  dispose(): void {
    this.#panel?.dispose();
    this.#host?.dispose();
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #options(): vscode.WebviewPanelOptions & vscode.WebviewOptions {
    const localResourceRoots = [vscode.Uri.joinPath(this.#extension, 'dist', 'webview')];
    return { enableScripts: true, localResourceRoots, enableFindWidget: false };
  }

  #asset(panel: vscode.WebviewPanel, name: string): string {
    return panel.webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, 'dist', 'webview', name)).toString();
  }

  #receive(message: unknown): void {
    this.#loaded = true;
    this.#host?.receive(message);
  }

  #viewChanged(panel: vscode.WebviewPanel): void {
    if (panel.visible) return;
    this.#loaded = false;
    this.#host?.hidden();
  }

  #closed(panel: vscode.WebviewPanel): void {
    if (this.#panel !== panel) return;
    this.#panel = null;
    this.#loaded = false;
    this.#host?.dispose();
    this.#host = null;
  }

  #recordingChanged(): void {
    this.#host?.dispose();
    this.#host = null;
    const { current } = this.#shown;
    if (current === null || this.#panel === null) return;
    this.#host = new CinemaHost(current, {
      post: (message) => this.#post(message),
      selected: (call, show) => this.#selected(call, show),
      open: (location) => this.#open(location, true),
      openFinding: (id) => void vscode.commands.executeCommand('nodescope.openFinding', id),
      stop: () => void vscode.commands.executeCommand('nodescope.stop'),
    });
    if (this.#loaded) this.#host.begin();
  }

  #post(message: HostMessage): void {
    void this.#panel?.webview.postMessage(message);
  }

  #selected(call: number | null, show: boolean): void {
    this.#shown.select(call);
    const location = call === null ? null : this.#shown.current?.recording.span(call)?.location;
    if (show && location != null) this.#open(location, false);
  }

  #open(location: SourceLocation, focus: boolean): void {
    void reporting(() => reveal(location, { occupied: this.column, focus }));
  }
}
