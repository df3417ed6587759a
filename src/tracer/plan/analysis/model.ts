/** What the analysis of a body of code knows; the planner reads this and nothing else of the code. */
export interface CodeAnalysis {
  /** Absolute folder of the workspace, null when only running scripts were analysed. */
  readonly root: string | null;
  readonly files: readonly FileAnalysis[];
  /** Files and folders left out that a reader would miss, with the reason; bounded. */
  readonly skipped: readonly SkippedFile[];
}

export interface SkippedFile {
  readonly file: string;
  readonly why: string;
}

export interface FileAnalysis {
  /** Absolute path, or the name a running script gave. */
  readonly path: string;
  /** Path as a plan writes it: relative to the workspace, with forward slashes. */
  readonly relative: string;
  /** Test code, which does not run in the application. */
  readonly test: boolean;
  /** Module specifiers that the file imports or requires. */
  readonly modules: readonly string[];
  /** Local name -> where it is imported from; `name` is the exported name, `*` for a namespace, `default`. */
  readonly imports: ReadonlyMap<string, ImportedName>;
  readonly functions: readonly FunctionAnalysis[];
  readonly classes: readonly ClassAnalysis[];
  readonly routes: readonly RouteAnalysis[];
  /** First syntax error, when the parser had to recover from one. */
  readonly syntaxError: string | null;
}

export interface ImportedName {
  readonly from: string;
  readonly name: string;
}

export type FunctionKind =
  | 'declaration'
  | 'arrow'
  | 'expression'
  | 'method'
  | 'static'
  | 'object-method'
  | 'field'
  | 'constructor'
  | 'getter'
  | 'setter'
  /** The function given to a route or to a wrapper such as `asyncHandler(...)`: it has no name that a probe could use. */
  | 'handler';

export interface FunctionAnalysis {
  /** As the resolver of probes names it: `TaskManager.assignTask`, `loadProject`, `api.list`; `foo` for `exports.foo` and for a nested `foo`. */
  readonly name: string;
  /** `relative#name`, null where no probe can name the function: handlers, and all but the first of one name in a file. */
  readonly at: string | null;
  readonly kind: FunctionKind;
  readonly className: string | null;
  readonly async: boolean;
  readonly generator: boolean;
  readonly exported: boolean;
  /** Private by `#name`; TypeScript's `private` can be traced like any other. */
  readonly private: boolean;
  /** Declared inside another function, so that there is one per call of that function. */
  readonly nested: boolean;
  /** 1-based lines, 0-based column (source-map convention). */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** Parameter names; null for destructured and rest parameters. */
  readonly params: readonly (string | null)[];
  readonly words: FunctionWords;
  readonly sql: readonly SqlText[];
  readonly state: readonly StateUse[];
  readonly hazards: readonly Hazard[];
  readonly loops: readonly LoopUse[];
  readonly calls: readonly CallUse[];
  /** Local name -> class, from annotations and `new`, for resolving calls. */
  readonly types: ReadonlyMap<string, string>;
  readonly awaits: number;
  /** Branches and loops plus one (McCabe). */
  readonly complexity: number;
  /** Throws, or rejects by a `throw` in its body. */
  readonly throws: boolean;
}

/** Stemmed words, by where they stand: the planner trusts a name more than a body. */
export interface FunctionWords {
  readonly name: ReadonlySet<string>;
  readonly owner: ReadonlySet<string>;
  readonly comment: ReadonlySet<string>;
  readonly text: ReadonlySet<string>;
  readonly body: ReadonlySet<string>;
}

export interface SqlText {
  readonly statement: string;
  readonly line: number;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Takes a row lock, or computes the new value in the database (`SET n = n + 1`): no lost update by itself. */
  readonly safe: boolean;
}

/** Use of state that outlives the call: a property of `this`, or a variable outside the function. */
interface StateUse {
  readonly root: 'this' | 'outer';
  /** `slots`, `state.count`, `#slots`. */
  readonly path: string;
  readonly reads: number;
  readonly writes: number;
}

/** State read, then an await, then a write of it: two overlapping calls can both act on what the first read. */
export interface Hazard {
  /** `check-await-act`: read again after the await, so that only a decision taken before it can be stale. */
  readonly kind: 'read-await-write' | 'check-await-act';
  readonly root: 'this' | 'outer';
  readonly path: string;
  readonly readLine: number;
  readonly awaitLine: number;
  readonly writeLine: number;
  /** Inside something that looks like a lock or a queue. */
  readonly guarded: boolean;
  /** The state is reached by awaited calls (a remote cache), so it cannot be captured in the process. */
  readonly external: boolean;
  /** A constant is written (a flag), which loses nothing when written twice. */
  readonly constant: boolean;
}

export interface LoopUse {
  readonly line: number;
  /** `parallel`: the calls are started without waiting for one another (`map(async ...)`). */
  readonly order: 'sequential' | 'parallel';
  readonly awaits: boolean;
  /** Names of calls made in the loop, as in `CallUse.name`. */
  readonly calls: readonly string[];
}

export interface CallUse {
  /** `loadTasks`, `this.save`, `this.repo.find`, `manager.assignTask`. */
  readonly name: string;
  readonly line: number;
  readonly awaited: boolean;
  readonly inLoop: boolean;
  /** A query of a database client, by its method and receiver or its SQL. */
  readonly query: boolean;
}

export interface ClassAnalysis {
  readonly name: string;
  readonly superclass: string | null;
  readonly line: number;
  readonly methods: readonly string[];
  readonly fields: readonly ClassField[];
  /** Holds collections or counters that its methods change: long-lived state. */
  readonly stateful: boolean;
}

export interface ClassField {
  readonly name: string;
  /** `Map`, `Set`, `array`, `object`, `number`, or the name of a class or type; null when unknown. */
  readonly type: string | null;
  readonly private: boolean;
}

export interface RouteAnalysis {
  /** `GET`, `POST` ... or `ALL`. */
  readonly method: string;
  readonly path: string;
  readonly line: number;
  /** Names of the functions that handle it, as in `FunctionAnalysis.name` or `CallUse.name`. */
  readonly handlers: readonly string[];
}

/** A source text to analyse that need not be a file: a running script, or what its source map embeds. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}
