import * as vscode from 'vscode';
import { listNodeProcesses, type NodeProcess } from '../../tracer/target/process-list.ts';

/** Node processes of an editor other than this one; this one's carry its own folder in their arguments. */
const EDITOR = /[\\/](extensionHost|server-main|bootstrap-fork|tsserver)\b|[\\/]\.vscode(-server)?[\\/]/;

/**
 * The Node processes a user may mean, newest first. Those of the editor would only hide them; they can still be attached
 * by their pid.
 */
export async function listApplications(): Promise<NodeProcess[]> {
  const { appRoot } = vscode.env;
  const isEditor = (text: string): boolean => EDITOR.test(text) || (appRoot !== '' && text.includes(appRoot));
  return (await listNodeProcesses()).filter(({ argv }) => !isEditor(argv.join(' ')));
}
