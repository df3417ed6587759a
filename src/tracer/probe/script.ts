import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../event/location.ts';
import type { Inspector } from '../target/inspector.ts';
import { type FunctionNode, indexFunctions } from './function-index.ts';
import { type GeneratedPosition, SourceMapping } from './source-map.ts';

/** `Debugger.scriptParsed`, as far as used. */
export interface ScriptParsed {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
  readonly isModule?: boolean;
  readonly length?: number;
  readonly hash: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly executionContextId: number;
}

/** A script of the target: its text, its functions and its source map, each read at first need. */
export class Script {
  readonly file: string | null;
  private text: Promise<string> | null = null;
  private mapping: Promise<SourceMapping | string | null> | null = null;
  private functions: Promise<readonly FunctionNode[]> | null = null;

  constructor(
    private readonly inspector: Inspector,
    readonly parsed: ScriptParsed,
  ) {
    this.file = fileOf(parsed.url);
  }

  get id(): string {
    return this.parsed.scriptId;
  }

  /** Code of the application: a file outside Node's own and outside libraries. */
  get isApplication(): boolean {
    return this.file !== null && !/[\\/]node_modules[\\/]/.test(this.file);
  }

  source(): Promise<string> {
    this.text ??= this.inspector
      .send<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId: this.id })
      .then((answer) => answer.scriptSource);
    return this.text;
  }

  /** The source map; null without one, a sentence when it cannot be used. */
  sourceMap(): Promise<SourceMapping | string | null> {
    const url = this.parsed.sourceMapURL;
    this.mapping ??= url ? SourceMapping.load(this.file, url) : Promise.resolve(null);
    return this.mapping;
  }

  /** Every function of the script; empty when the text cannot be parsed. */
  functionNodes(): Promise<readonly FunctionNode[]> {
    this.functions ??= this.source().then((text) => indexFunctions(text, this.parsed.isModule === true));
    return this.functions;
  }

  /** Where a generated position stands in the original source: through the map, else in the script itself. */
  async original(position: GeneratedPosition): Promise<SourceLocation> {
    const map = await this.sourceMap();
    const mapped = map instanceof SourceMapping ? map.original(position) : null;
    return mapped ?? { file: this.file ?? this.parsed.url, line: position.line + 1, column: position.column };
  }
}

function fileOf(url: string): string | null {
  if (url.startsWith('file:')) {
    try {
      return fileURLToPath(url);
    } catch {
      return null;
    }
  }
  return url.startsWith('/') || /^[A-Za-z]:[\\/]/.test(url) ? url : null;
}
