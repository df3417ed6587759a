import * as vscode from 'vscode';
import { listApplications } from './applications.ts';
import { type ProcessItem, processItems } from './process-items.ts';

const NONE: ProcessItem = {
  pid: 0,
  label: 'No Node.js process is running here',
  description: '',
  detail: 'Start your application, then try again.',
};

/** Lets the user choose one of the running Node processes, newest first; undefined when none is chosen. */
export async function pickProcess(): Promise<number | undefined> {
  // Listed first: of promised items that arrive after somebody has typed, one was found and none selected, and Enter did nothing.
  const picked = await vscode.window.showQuickPick<ProcessItem>(await choices(), {
    title: 'Attach NodeScope to a running process',
    placeHolder: 'The process is neither stopped nor restarted',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked === undefined || picked.pid === NONE.pid ? undefined : picked.pid;
}

async function choices(): Promise<ProcessItem[]> {
  const found = await listApplications();
  return found.length === 0 ? [NONE] : processItems(found, Date.now());
}
