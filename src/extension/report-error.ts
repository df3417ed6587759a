import * as vscode from 'vscode';
import { textOf } from '../tracer/error/error.ts';

/** Runs what a user asked for; a failure is shown as its one sentence. */
export async function reporting<T>(action: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    void vscode.window.showErrorMessage(textOf(error));
    return undefined;
  }
}
