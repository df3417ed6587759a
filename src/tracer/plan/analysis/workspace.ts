import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { textOf } from '../../error/error.ts';
import { analyseFile } from './file.ts';
import { isBuildOutput, type ListedFile, listSourceFiles, MAX_FILE_BYTES, MAX_FILES, toRelative } from './files.ts';
import type { CodeAnalysis, FileAnalysis, SkippedFile, SourceText } from './model.ts';

interface Cached {
  readonly size: number;
  readonly mtimeMs: number;
  /** null for build output, which is not analysed. */
  readonly analysis: FileAnalysis | null;
}

/** Files read at once; enough to keep the disk busy, few enough to keep the memory small. */
const BATCH = 32;

/** Analyses a workspace, and again only what changed since (by time and size) when asked again. */
export class WorkspaceAnalyser {
  private readonly cache = new Map<string, Cached>();

  /** @param directory the workspace's folder; @param maxFiles bound on the source files looked at */
  constructor(
    private readonly directory: string,
    private readonly maxFiles = MAX_FILES,
  ) {}

  /**
   * The analysis of the workspace as it is on disk now. About 1 ms per file the first time. Yields to the event loop
   * between batches.
   * @throws NodeScopeError `plan.workspace` when the folder cannot be read; AbortError when `signal` aborts.
   */
  async analyse(signal?: AbortSignal): Promise<CodeAnalysis> {
    const list = await listSourceFiles(this.directory, this.maxFiles);
    const known = new Set(list.files.map((file) => file.path));
    for (const path of this.cache.keys()) if (!known.has(path)) this.cache.delete(path);
    const files: FileAnalysis[] = [];
    const skipped: SkippedFile[] = [...list.skipped];
    for (let index = 0; index < list.files.length; index += BATCH) {
      signal?.throwIfAborted();
      const batch = list.files.slice(index, index + BATCH);
      const results = await Promise.all(batch.map((file) => this.analyseOne(file, known)));
      results.forEach((result, position) => {
        if (typeof result === 'string') skipped.push({ file: (batch[position] as ListedFile).relative, why: result });
        else if (result) files.push(result);
      });
    }
    return { root: list.root, files, skipped };
  }

  private async analyseOne(file: ListedFile, known: ReadonlySet<string>): Promise<FileAnalysis | null | string> {
    const cached = this.cache.get(file.path);
    if (cached && cached.size === file.size && cached.mtimeMs === file.mtimeMs) return cached.analysis;
    let text: string;
    try {
      text = await readFile(file.path, 'utf8');
    } catch (error) {
      return `it cannot be read (${textOf(error)})`;
    }
    const analysis = (await isBuildOutput(file, text, known)) ? null : analyseFile(file.path, file.relative, text);
    this.cache.set(file.path, { size: file.size, mtimeMs: file.mtimeMs, analysis });
    return analysis;
  }
}

/**
 * Analyses texts that come from a running process: its scripts, or the sources its source maps embed. Texts of
 * `node_modules` and of Node itself are left out.
 * @param root folder that paths are shown relative to, null to show them as they are
 */
export function analyseSources(sources: readonly SourceText[], root: string | null = null): CodeAnalysis {
  const files: FileAnalysis[] = [];
  const skipped: SkippedFile[] = [];
  const seen = new Set<string>();
  for (const { path, text } of sources.slice(0, MAX_FILES)) {
    // Several processes of one application give the same texts.
    if (seen.has(path)) continue;
    seen.add(path);
    if (path.includes('/node_modules/') || path.startsWith('node:')) continue;
    if (text.length > MAX_FILE_BYTES) skipped.push({ file: path, why: 'it is larger than 1 MB' });
    else files.push(analyseFile(path, shownPath(path, root), text));
  }
  return { root, files, skipped };
}

function shownPath(path: string, root: string | null): string {
  if (root === null || !isAbsolute(path)) return path.replace(/^file:\/\//, '');
  const relative = toRelative(root, path);
  return relative.startsWith('../') ? path : relative;
}

/** The workspace's analysis, completed by running files that it does not hold. */
export function mergeAnalyses(workspace: CodeAnalysis, running: CodeAnalysis): CodeAnalysis {
  const known = new Set(workspace.files.map((file) => file.path));
  return {
    root: workspace.root ?? running.root,
    files: [...workspace.files, ...running.files.filter((file) => !known.has(file.path))],
    skipped: [...workspace.skipped, ...running.skipped],
  };
}
