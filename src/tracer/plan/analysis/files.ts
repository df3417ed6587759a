import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { textOf } from '../../error/error.ts';
import { workspaceUnreadable } from '../../error/plan-errors.ts';
import type { SkippedFile } from './model.ts';

/** A source file as found, not yet read. */
export interface ListedFile {
  readonly path: string;
  /** Relative to the workspace, with forward slashes. */
  readonly relative: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface FileList {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly files: readonly ListedFile[];
  readonly skipped: readonly SkippedFile[];
}

export const MAX_FILES = 20_000;
export const MAX_FILE_BYTES = 1_000_000;
const MAX_FOLDERS = 50_000;
const SOURCE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const NOT_SOURCE = /\.d\.[cm]?ts$|\.min\.[cm]?js$|\.config\.[cm]?[jt]s$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'bower_components', 'coverage', 'jspm_packages']);
const MAX_SKIPPED = 100;

/**
 * Lists the source files of a workspace, in path order. Hidden folders and `node_modules` are left out, links are not
 * followed (no loops, nothing outside the workspace), files over 1 MB are reported as skipped.
 * @throws NodeScopeError `plan.workspace` when the folder cannot be read.
 */
export async function listSourceFiles(directory: string, maxFiles = MAX_FILES): Promise<FileList> {
  let root: string;
  try {
    root = await realpath(directory);
    if (!(await stat(root)).isDirectory()) throw new Error('it is not a folder');
  } catch (error) {
    throw workspaceUnreadable(directory, textOf(error));
  }
  const paths: string[] = [];
  const skipped: SkippedFile[] = [];
  const skip = (file: string, why: string): void => {
    if (skipped.length < MAX_SKIPPED) skipped.push({ file: toRelative(root, file), why });
  };
  const queue = [root];
  for (let index = 0; index < queue.length; index += 1) {
    const folder = queue[index] as string;
    if (paths.length > maxFiles || index >= MAX_FOLDERS) {
      skip(folder, `the workspace has more than ${maxFiles} source files; open the application's own folder instead`);
      break;
    }
    const entries = await readFolder(folder, skip);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !SKIPPED_FOLDERS.has(entry.name)) queue.push(path);
      } else if (entry.isFile() && SOURCE.test(entry.name) && !NOT_SOURCE.test(entry.name)) paths.push(path);
    }
  }
  const files: ListedFile[] = [];
  for (const path of paths.slice(0, maxFiles).sort()) {
    const info = await stat(path).catch(() => null);
    if (info === null) continue;
    if (info.size > MAX_FILE_BYTES) skip(path, 'it is larger than 1 MB');
    else files.push({ path, relative: toRelative(root, path), size: info.size, mtimeMs: info.mtimeMs });
  }
  return { root, files, skipped };
}

async function readFolder(folder: string, skip: (file: string, why: string) => void): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    skip(folder, `it cannot be read (${textOf(error)})`);
    return [];
  }
}

export function toRelative(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

const BUILD_FOLDER = /(?:^|\/)(?:dist|build|out|lib|\.output|compiled|es|cjs|esm)\//;
const MAP_COMMENT = /\/[/*][#@]\s*sourceMappingURL=([^\s*]+)/g;

/**
 * Whether a JavaScript file is the output of a TypeScript file of the same workspace: by its source map, or, without
 * one, because a build folder's sibling has a TypeScript file of the same path.
 * @param known absolute paths of the workspace's source files
 */
export async function isBuildOutput(file: ListedFile, text: string, known: ReadonlySet<string>): Promise<boolean> {
  if (!/\.[cm]?jsx?$/.test(file.relative)) return false;
  const url = Array.from(text.slice(-200_000).matchAll(MAP_COMMENT)).at(-1)?.[1];
  if (url !== undefined) {
    const sources = await sourcesOfMap(url, file.path);
    if (sources.some((source) => source !== file.path && known.has(source))) return true;
  }
  const folder = BUILD_FOLDER.exec(file.relative);
  if (!folder) return false;
  const before = file.path.slice(0, file.path.length - file.relative.length + folder.index);
  const after = file.relative.slice(folder.index + folder[0].length);
  const stem = after.slice(0, after.length - extname(after).length);
  return ['src', 'source', '.'].some((source) =>
    ['.ts', '.tsx', '.mts', '.cts'].some((extension) => known.has(resolve(before, source, stem + extension))),
  );
}

async function sourcesOfMap(url: string, scriptPath: string): Promise<string[]> {
  try {
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(url);
    const text = inline
      ? Buffer.from(inline[2] ?? '', inline[1] ? 'base64' : 'utf8').toString('utf8')
      : await readFile(resolve(dirname(scriptPath), decodeURIComponent(url)), 'utf8');
    const map = JSON.parse(text) as { sources?: unknown; sourceRoot?: unknown };
    const base = resolve(dirname(scriptPath), typeof map.sourceRoot === 'string' ? map.sourceRoot : '');
    const sources = Array.isArray(map.sources) ? map.sources.slice(0, 2_000) : [];
    return sources
      .filter((source): source is string => typeof source === 'string')
      .map((source) => resolve(base, source));
  } catch {
    // A map that is missing or broken proves nothing; the folder rule decides.
    return [];
  }
}
