import * as vscode from 'vscode';
import { askQuestion } from '../debug/ask-question.ts';
import { DEBUG_TYPE } from '../debug/configuration.ts';
import { pickProcess } from '../debug/process-picker.ts';
import { notTrusted } from './extension-errors.ts';

/** Asks for process and question where they are not given, then starts a debug session; false when the user gave up. */
export async function attach(
  given: { readonly pid?: number | undefined; readonly plan?: string } = {},
): Promise<boolean> {
  if (!vscode.workspace.isTrusted) throw notTrusted();
  const processId = given.pid ?? (await pickProcess());
  if (processId === undefined) return false;
  const question = given.plan === undefined ? await askQuestion() : undefined;
  if (question === undefined && given.plan === undefined) return false;
  return await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
    type: DEBUG_TYPE,
    request: 'attach',
    name: `NodeScope: pid ${processId}`,
    processId,
    ...(given.plan === undefined ? { question } : { plan: given.plan }),
  });
}
