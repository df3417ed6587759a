import { sep } from 'node:path';
import { fileAmbiguous, fileNotLoaded } from '../error/probe-errors.ts';
import type { Inspector } from '../target/inspector.ts';
import { Script, type ScriptParsed } from './script.ts';
import { SourceMapping } from './source-map.ts';

/** A source file of the target, and the script its code runs in; `original` when a source map leads from one to the other. */
export interface SourceInScript {
  readonly file: string;
  readonly script: Script;
  readonly original: boolean;
  /** Why the script's source map was not used, empty when there is none or it works. */
  readonly warning: string;
}

/** The scripts of a target, as `Debugger.scriptParsed` reports them; replayed by V8 each time the domain is enabled. */
export class ScriptRegistry {
  private readonly scripts = new Map<string, Script>();
  private readonly undo: () => void;

  constructor(inspector: Inspector) {
    this.undo = inspector.on<ScriptParsed>('Debugger.scriptParsed', (parsed) => {
      if (parsed.url !== '' && !parsed.url.startsWith('node:') && !this.scripts.has(parsed.scriptId)) {
        this.scripts.set(parsed.scriptId, new Script(inspector, parsed));
      }
    });
  }

  dispose(): void {
    this.undo();
  }

  byId(scriptId: string): Script | undefined {
    return this.scripts.get(scriptId);
  }

  byUrl(url: string): Script | undefined {
    const path = url.startsWith('file:') ? undefined : url;
    for (const script of this.scripts.values())
      if (script.parsed.url === url || (path !== undefined && script.file === path)) return script;
    return undefined;
  }

  application(): Script[] {
    return [...this.scripts.values()].filter((script) => script.isApplication);
  }

  all(): Script[] {
    return [...this.scripts.values()];
  }

  /** Every source file of the application's scripts, originals first where maps exist. */
  async sources(): Promise<SourceInScript[]> {
    const lists = await Promise.all(this.application().map((script) => sourcesOf(script)));
    return lists.flat();
  }

  /**
   * The one source file that `path` names by its end (`src/a.ts`, or absolute); when several scripts were made from it (a
   * module loaded twice), all of them. Throws `probe.file-not-loaded`, `probe.file-ambiguous`.
   */
  async find(path: string): Promise<SourceInScript[]> {
    const wanted = path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
    const fits = (file: string) => {
      const name = file.replaceAll(sep, '/');
      return name === wanted || name.endsWith(wanted.startsWith('/') ? wanted : `/${wanted}`);
    };
    let matches = (await this.sources()).filter((source) => fits(source.file));
    if (matches.length === 0) {
      // Libraries are looked at only when a path leads there.
      const libraries = this.all().filter(
        (script) => !script.isApplication && script.file !== null && fits(script.file),
      );
      matches = (await Promise.all(libraries.map((script) => sourcesOf(script))))
        .flat()
        .filter((source) => fits(source.file));
      if (matches.length === 0)
        matches = libraries.map((script) => ({ file: script.file as string, script, original: false, warning: '' }));
    }
    const files = [...new Set(matches.map((match) => match.file))];
    if (files.length === 0) throw fileNotLoaded(path, await this.names());
    if (files.length > 1) throw fileAmbiguous(path, files);
    const originals = matches.filter((match) => match.original);
    return originals.length > 0 ? originals : matches;
  }

  private async names(): Promise<string[]> {
    const all = await this.sources();
    const mapped = new Set(all.filter((source) => source.original).map((source) => source.script));
    return [
      ...new Set(all.filter((source) => source.original || !mapped.has(source.script)).map((source) => source.file)),
    ];
  }
}

async function sourcesOf(script: Script): Promise<SourceInScript[]> {
  const map = await script.sourceMap();
  const own: SourceInScript = {
    file: script.file as string,
    script,
    original: false,
    warning: typeof map === 'string' ? map : '',
  };
  if (!(map instanceof SourceMapping)) return [own];
  const originals = map.sources
    .filter((file) => file !== '')
    .map((file) => ({ file, script, original: file !== script.file, warning: '' }));
  return [...originals, own];
}
