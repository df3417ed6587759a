import * as vscode from 'vscode';
import { DEFAULT_QUESTION } from '../../tracer/plan/plan.ts';

/** Asks what the user wants to know; undefined when the box is dismissed, the standard question when it is left as it is. */
export async function askQuestion(): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    title: 'What do you want to know?',
    prompt: 'NodeScope chooses the functions to trace from your words, the code and what is running now.',
    value: DEFAULT_QUESTION,
    placeHolder: 'Why do two users get the same task?',
    ignoreFocusOut: true,
  });
  return answer === undefined ? undefined : answer.trim() || DEFAULT_QUESTION;
}
