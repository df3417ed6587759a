import * as vscode from 'vscode';
import { CINEMA_TYPE, CinemaPanel } from './cinema/panel.ts';
import { openById } from './commands/open-recording.ts';
import { registerCommands } from './commands/register.ts';
import { ConfigurationProvider, DEBUG_TYPE, RunningProcesses } from './debug/configuration.ts';
import { DebugSessions } from './debug/sessions.ts';
import { TraceDecorations } from './editor/decorations.ts';
import { TraceLenses } from './editor/lenses.ts';
import { Problems } from './findings/problems.ts';
import { Shown } from './recording/shown.ts';
import { reporting } from './report-error.ts';
import { settings } from './settings.ts';
import { StatusBar } from './status-bar.ts';
import { registerViews } from './views/register.ts';

/** What other extensions, and the tests, may use. */
export interface NodeScopeApi {
  /** What is shown now. */
  readonly shown: Shown;
}

let leave: () => Promise<void> = async () => undefined;

export function activate(context: vscode.ExtensionContext): NodeScopeApi {
  const shown = new Shown();
  const sessions = new DebugSessions(shown);
  leave = () => sessions.stopAll();
  const cinema = new CinemaPanel(context.extensionUri, shown);
  const lenses = new TraceLenses(shown);
  const dynamic = vscode.DebugConfigurationProviderTriggerKind.Dynamic;
  context.subscriptions.push(
    ...[shown, sessions, cinema, lenses, new TraceDecorations(shown), new Problems(shown), new StatusBar(shown)],
    ...registerViews(shown, sessions),
    ...registerCommands({ shown, cinema, sessions, lenses }),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new RunningProcesses(), dynamic),
    vscode.window.registerWebviewPanelSerializer(CINEMA_TYPE, {
      deserializeWebviewPanel: (panel, state) => restore(panel, state, cinema, shown),
    }),
    sessions.onDidStart(() => {
      if (settings.openCinemaOnAttach()) cinema.show();
    }),
    keepContext(shown),
  );
  return { shown };
}

/** Leaves every process with its original functions; agents that are not reached in time notice the silence themselves. */
export async function deactivate(): Promise<void> {
  await leave();
}

/** A panel kept through a reload shows its recording again, when that is still there. */
async function restore(panel: vscode.WebviewPanel, state: unknown, cinema: CinemaPanel, shown: Shown): Promise<void> {
  cinema.adopt(panel);
  const id = (state as { cinema?: { recording?: unknown } } | undefined)?.cinema?.recording;
  if (shown.current === null && typeof id === 'string' && id !== '') await reporting(() => openById(shown, id));
}

/** Tells VS Code's `when` clauses whether a recording is shown and whether it is live. */
function keepContext(shown: Shown): vscode.Disposable {
  const tell = (): void => {
    void vscode.commands.executeCommand('setContext', 'nodescope.shown', shown.current !== null);
    void vscode.commands.executeCommand('setContext', 'nodescope.live', shown.current?.live === true);
  };
  tell();
  return vscode.Disposable.from(
    shown.onDidChangeCurrent(tell),
    shown.onDidChange((change) => change === 'stopped' && tell()),
  );
}
