import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { NodeScopeApi } from '../../../src/extension/extension.ts';

export interface TaskFlowProcess {
  readonly url: string;
  readonly pid: number;
}

interface Counts {
  readonly pid: number;
  readonly functions: Record<string, { readonly entered: number; readonly completed: number }>;
}

/** The TaskFlow that the runner has started. */
export function taskflow(): TaskFlowProcess {
  const text = process.env.NODESCOPE_TEST_TASKFLOW;
  assert.ok(text, 'NODESCOPE_TEST_TASKFLOW is set by test/vscode/run.mjs');
  return JSON.parse(text) as TaskFlowProcess;
}

/** The application's own counts. */
export async function counts(): Promise<Counts> {
  const response = await fetch(`${taskflow().url}/stats`);
  assert.equal(response.status, 200);
  return (await response.json()) as Counts;
}

export function folder(): vscode.WorkspaceFolder {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(first, 'a folder is open');
  return first;
}

/** A source file of TaskFlow in the open folder. */
export function source(path: string): vscode.Uri {
  return vscode.Uri.file(join(folder().uri.fsPath, 'src', path));
}

/** The line (0-based) on which `text` first stands. */
export async function lineOf(uri: vscode.Uri, text: string): Promise<number> {
  const document = await vscode.workspace.openTextDocument(uri);
  const line = document
    .getText()
    .split('\n')
    .findIndex((candidate) => candidate.includes(text));
  assert.ok(line >= 0, `${uri.fsPath} contains ${text}`);
  return line;
}

export async function api(): Promise<NodeScopeApi> {
  const extension = vscode.extensions.getExtension<NodeScopeApi>('nodescope.nodescope');
  assert.ok(extension, 'the extension is installed');
  return await extension.activate();
}
