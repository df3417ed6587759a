import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { formatCount, plural } from '../../adapter/duration.ts';
import { findRecording, listRecordings } from '../../tracer/store/catalogue.ts';
import { recordingsOf } from '../../tracer/store/paths.ts';
import { Recording } from '../../tracer/store/recording.ts';
import { OpenRecording } from '../recording/open-recording.ts';
import type { Shown } from '../recording/shown.ts';
import { noRecordings } from './extension-errors.ts';

/** Opens a recording: the folder or recording.json of `uri`, or one chosen from the workspace's. False when none was chosen. */
export async function openRecording(shown: Shown, uri: vscode.Uri | undefined): Promise<boolean> {
  const folder = uri === undefined ? await pickRecording() : folderOf(uri);
  if (folder === undefined) return false;
  await openFolder(shown, folder);
  return true;
}

/** Shows the stored recording in `folder`. Rejects with `store.*`. */
async function openFolder(shown: Shown, folder: string): Promise<void> {
  shown.show(OpenRecording.stored(await Recording.open(folder)));
}

/** Opens the recording with this id in one of the workspace's folders; false when there is none. */
export async function openById(shown: Shown, id: string): Promise<boolean> {
  for (const base of bases()) {
    const folder = await findRecording(base, id).catch(() => null);
    if (folder === null) continue;
    await openFolder(shown, folder);
    return true;
  }
  return false;
}

/** Folders of the workspace that may hold recordings. */
export function bases(): string[] {
  return (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
}

function folderOf(uri: vscode.Uri): string {
  return basename(uri.fsPath) === 'recording.json' ? dirname(uri.fsPath) : uri.fsPath;
}

async function pickRecording(): Promise<string | undefined> {
  const lists = await Promise.all(
    bases().map(async (base) => (await listRecordings(base)).map((entry) => ({ base, entry }))),
  );
  const items = lists.flat().map(({ base, entry }) => ({
    label: entry.question ?? entry.id,
    description: new Date(entry.originMs).toLocaleString(),
    detail: `${entry.targets.join(', ')} · ${formatCount(entry.events)} events · ${plural(entry.findings, 'finding')}`,
    folder: join(recordingsOf(base), entry.id),
  }));
  if (items.length === 0) throw noRecordings();
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Open a NodeScope recording',
    placeHolder: 'Newest first',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.folder;
}
