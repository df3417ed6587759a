import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  AnyMap,
  eachMapping,
  GREATEST_LOWER_BOUND,
  originalPositionFor,
  type TraceMap,
} from '@jridgewell/trace-mapping';
import type { SourceLocation } from '../event/location.ts';

const MAX_MAP_BYTES = 100 << 20;

/** A generated position; `line` 0-based as in the inspector protocol. */
export interface GeneratedPosition {
  readonly line: number;
  readonly column: number;
}

/** A script's source map, external or inline, indexed or not. Sources are absolute paths. */
export class SourceMapping {
  readonly sources: readonly string[];

  private constructor(
    private readonly map: TraceMap,
    private readonly base: string,
  ) {
    this.sources = map.resolvedSources.map((source) => absolute(source, base));
  }

  /**
   * Loads the map that `sourceMapURL` names, relative to the script's file. The answer says in a sentence why there is none:
   * maps are only read from data URLs and local files.
   */
  static async load(scriptFile: string | null, sourceMapURL: string): Promise<SourceMapping | string> {
    try {
      const text = await textOfMap(scriptFile, sourceMapURL);
      const base = scriptFile ?? process.cwd();
      const map = new (AnyMap as unknown as new (map: string, url: string) => TraceMap)(text, pathToFileURL(base).href);
      return new SourceMapping(map, dirname(base));
    } catch (error) {
      return `its source map cannot be used (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  /** Where a generated position comes from; null where the map says nothing. */
  original(position: GeneratedPosition): SourceLocation | null {
    const found = originalPositionFor(this.map, {
      line: position.line + 1,
      column: position.column,
      bias: GREATEST_LOWER_BOUND,
    });
    if (found.source === null) return null;
    return { file: absolute(found.source, this.base), line: found.line, column: found.column };
  }

  /** Text of a source embedded in the map, null where there is none. */
  content(file: string): string | null {
    const index = this.sources.indexOf(file);
    return index < 0 ? null : ((this.map.sourcesContent?.[index] as string | null | undefined) ?? null);
  }

  /** Whether the map maps anything: an empty one is as good as none. */
  get empty(): boolean {
    let any = false;
    try {
      eachMapping(this.map, () => {
        any = true;
        throw STOP;
      });
    } catch (error) {
      if (error !== STOP) throw error;
    }
    return !any;
  }
}
const STOP = { stop: true };

async function textOfMap(scriptFile: string | null, url: string): Promise<string> {
  const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (inline !== null) {
    const body = inline[2] as string;
    if (body.length > MAX_MAP_BYTES) throw new Error('it is larger than 100 MB');
    return inline[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, 'base64').toString('utf8');
  }
  if (/^https?:/.test(url)) throw new Error('it is on the network, which NodeScope does not read');
  const file = url.startsWith('file:')
    ? fileURLToPath(url)
    : isAbsolute(url)
      ? url
      : scriptFile === null
        ? null
        : resolve(dirname(scriptFile), decodeURIComponent(url));
  if (file === null) throw new Error('the script is no file, so the map cannot be found');
  const text = await readFile(file, 'utf8');
  if (text.length > MAX_MAP_BYTES) throw new Error('it is larger than 100 MB');
  // A prefix that browsers allow against script inclusion.
  return text.replace(/^\)\]\}'[^\n]*\n/, '');
}

function absolute(source: string | null, base: string): string {
  if (source === null) return '';
  if (source.startsWith('file:')) return fileURLToPath(source);
  if (/^webpack:\/\//.test(source)) return resolve(base, source.replace(/^webpack:\/\/[^/]*\/(\.\/)?/, ''));
  return isAbsolute(source) ? source : resolve(base, source);
}
