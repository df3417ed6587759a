/** A place in source text. `line` is 1-based, `column` 0-based (source-map convention). */
export interface SourceLocation {
  /** Absolute path of the original file (TypeScript where a source map says so), or the script's URL when it is no file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Name of the enclosing function as a user writes it (`TaskManager.assignTask`), where known. */
  readonly function?: string;
}
