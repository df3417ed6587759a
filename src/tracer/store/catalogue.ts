import { open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Low } from 'lowdb';
import * as v from 'valibot';
import { recordingNotFound } from '../error/store-errors.ts';
import { PrivateJsonFile } from './json-file.ts';
import type { RecordingManifest } from './manifest.ts';
import { MAX_MANIFEST_BYTES, manifestFrom } from './manifest-schema.ts';
import { catalogueOf, homeOf, manifestOf, recordingsOf } from './paths.ts';
import { isRecordingId } from './recording-id.ts';

/** One recording in `.nodescope/recordings.json`: what a list of recordings shows. */
export interface CatalogueEntry {
  readonly id: string;
  readonly question: string | null;
  readonly originMs: number;
  readonly endedMs: number | null;
  readonly state: 'recording' | 'complete';
  readonly writerPid: number;
  readonly events: number;
  readonly findings: number;
  readonly targets: readonly string[];
}

const entry = v.object({
  id: v.pipe(v.string(), v.check(isRecordingId)),
  question: v.nullable(v.string()),
  originMs: v.pipe(v.number(), v.finite()),
  endedMs: v.nullable(v.pipe(v.number(), v.finite())),
  state: v.picklist(['recording', 'complete']),
  writerPid: v.pipe(v.number(), v.safeInteger()),
  events: v.pipe(v.number(), v.finite()),
  findings: v.pipe(v.number(), v.finite()),
  targets: v.array(v.string()),
});
const catalogue = v.object({ version: v.literal(1), recordings: v.array(entry) });
type Catalogue = v.InferOutput<typeof catalogue>;

const LOCK_STALE_MS = 5_000;
const LOCK_WAIT_MS = 2_000;

/** The catalogue's line for a manifest. */
export function entryOf(manifest: RecordingManifest, events: number): CatalogueEntry {
  const { id, question, originMs, endedMs, state, writerPid } = manifest;
  const targets = manifest.targets.map((target) => target.title);
  return { id, question, originMs, endedMs, state, writerPid, events, findings: manifest.findings.length, targets };
}

/**
 * Adds or replaces one line. The catalogue only spares reading every manifest, so failing to write it loses nothing:
 * `listRecordings` finds what is missing by looking at the folders.
 */
export async function putEntry(base: string, line: CatalogueEntry): Promise<void> {
  await change(base, (lines) => [...lines.filter((other) => other.id !== line.id), line]);
}

/** All recordings below `base`, newest first; finished and interrupted ones, and those being written right now. */
export async function listRecordings(base: string): Promise<CatalogueEntry[]> {
  const known = new Map((await read(base)).map((line) => [line.id, line]));
  const folders = (await readdir(recordingsOf(base)).catch(() => [])).filter(isRecordingId);
  const lines: CatalogueEntry[] = [];
  let stale = known.size !== folders.length;
  for (const id of folders) {
    const line = known.get(id);
    if (line?.state === 'complete') {
      lines.push(line);
      continue;
    }
    const file = new PrivateJsonFile(manifestOf(join(recordingsOf(base), id)), manifestFrom, MAX_MANIFEST_BYTES);
    const manifest = await file.read().catch(() => null);
    if (manifest === null) continue;
    const events = manifest.segments.reduce((sum, segment) => sum + segment.events, 0);
    lines.push(entryOf({ ...manifest, id }, events));
    stale ||= line === undefined || manifest.state === 'complete';
  }
  lines.sort((a, b) => b.originMs - a.originMs || (a.id < b.id ? 1 : -1));
  // Lines that another recorder added meanwhile stay.
  if (stale)
    await change(base, (now) => [...lines, ...now.filter((line) => !known.has(line.id) && !has(lines, line.id))]);
  return lines;
}

const has = (lines: readonly CatalogueEntry[], id: string): boolean => lines.some((line) => line.id === id);

/**
 * The folder of a recording given as people give it: its folder, its recording.json, its id, or `latest` (both below
 * `base`). Throws `store.not-found`.
 */
export async function findRecording(base: string, given: string): Promise<string> {
  if (isRecordingId(given)) {
    const folder = join(recordingsOf(base), given);
    if (await isFolder(folder)) return folder;
  }
  if (given === 'latest') {
    const newest = (await listRecordings(base))[0];
    if (newest !== undefined) return join(recordingsOf(base), newest.id);
  }
  const path = resolve(base, given);
  if (basename(path) === 'recording.json') return dirname(path);
  if (await isFolder(path)) return path;
  throw recordingNotFound(given);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function adapter(base: string): PrivateJsonFile<Catalogue> {
  const check = (value: unknown): Catalogue | null => {
    const result = v.safeParse(catalogue, value);
    return result.success ? result.output : null;
  };
  return new PrivateJsonFile(catalogueOf(base), check, MAX_MANIFEST_BYTES);
}

async function read(base: string): Promise<readonly CatalogueEntry[]> {
  const content = await adapter(base)
    .read()
    .catch(() => null);
  return content?.recordings ?? [];
}

/** Reads, changes and writes under a lock file, since several recorders may share a folder. Never throws. */
async function change(base: string, edit: (lines: readonly CatalogueEntry[]) => CatalogueEntry[]): Promise<void> {
  const lock = join(homeOf(base), '.recordings.lock');
  if (!(await takeLock(lock))) return;
  try {
    const db = new Low<Catalogue>(adapter(base), { version: 1, recordings: [] });
    await db.read();
    const recordings = edit(db.data.recordings).map((line) => ({ ...line, targets: [...line.targets] }));
    db.data = { version: 1, recordings };
    await db.write();
  } catch {
    // The folders hold the truth; the next listing repairs the catalogue.
  } finally {
    await rm(lock, { force: true }).catch(() => undefined);
  }
}

async function takeLock(path: string): Promise<boolean> {
  for (let waited = 0; waited <= LOCK_WAIT_MS; waited += 20) {
    try {
      await (await open(path, 'wx', 0o600)).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
      const since = await stat(path).then(
        (found) => found.mtimeMs,
        () => 0,
      );
      // Whoever held it died: no edit takes this long.
      if (since > 0 && Date.now() - since > LOCK_STALE_MS) await rm(path, { force: true });
      await sleep(20);
    }
  }
  return false;
}
