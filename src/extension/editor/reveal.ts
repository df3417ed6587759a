import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import type { SourceLocation } from '../../tracer/event/location.ts';
import { sameFile } from './files.ts';

/**
 * Opens a source line beside the cinema without taking the focus: in the editor that shows the file already, else in a
 * column that `occupied` (the cinema's) is not. Returns null for sources that are no files here.
 */
export async function reveal(
  location: SourceLocation,
  options: { readonly occupied?: vscode.ViewColumn | undefined; readonly focus?: boolean } = {},
): Promise<vscode.TextEditor | null> {
  if (!isAbsolute(location.file)) return null;
  const shownIn = vscode.window.visibleTextEditors.find((editor) =>
    sameFile(editor.document.uri.fsPath, location.file),
  );
  const position = new vscode.Position(Math.max(0, location.line - 1), Math.max(0, location.column));
  const document = shownIn?.document ?? (await vscode.workspace.openTextDocument(vscode.Uri.file(location.file)));
  return await vscode.window.showTextDocument(document, {
    viewColumn: shownIn?.viewColumn ?? freeColumn(options.occupied),
    preserveFocus: options.focus !== true,
    preview: true,
    selection: new vscode.Range(position, position),
  });
}

function freeColumn(occupied: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const editor = vscode.window.visibleTextEditors.find(
    ({ viewColumn }) => viewColumn !== undefined && viewColumn !== occupied,
  );
  if (editor?.viewColumn !== undefined) return editor.viewColumn;
  return occupied === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
}
