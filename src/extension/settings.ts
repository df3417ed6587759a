import * as vscode from 'vscode';

const SECTION = 'nodescope';

/** The user's settings, read when they are needed. */
export const settings = {
  codeLens: (): boolean => read('codeLens.enabled', true),
  inlineValues: (): boolean => read('inlineValues.enabled', true),
  openCinemaOnAttach: (): boolean => read('cinema.openOnAttach', true),
};

/** Calls `listener` when a setting below `name` changes. */
export function onSetting(name: string, listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(`${SECTION}.${name}`)) listener();
  });
}

function read(name: string, fallback: boolean): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<boolean>(name, fallback);
}
