import type { Comment, Node } from '@babel/types';
import { type FunctionFacts, readFunction } from './function-reader.ts';
import type { ClassAnalysis, FileAnalysis, FunctionAnalysis, FunctionWords } from './model.ts';
import {
  type FunctionSyntax,
  isCollection,
  type Outline,
  type OutlineFunction,
  outlineOf,
  typeOfValue,
} from './outline.ts';
import type { StateSummary } from './state-flow.ts';
import { parseSource } from './syntax.ts';
import { WordSet } from './words.ts';

const TEST_FILE =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|e2e|cypress|fixtures)\/|[._-](?:test|spec|bench)\.[cm]?[jt]sx?$/;
/** Deeply nested machine-made code ends in a RangeError; such a file counts as unreadable. */
const MAX_FUNCTIONS = 5_000;

/** Analyses one source text. Never throws: a text that cannot be parsed gives an empty analysis with `syntaxError`. */
export function analyseFile(path: string, relative: string, text: string): FileAnalysis {
  const syntax = parseSource(path, text);
  if (syntax.program === null) return emptyFile(path, relative, syntax.error);
  try {
    const outline = outlineOf(syntax.program);
    const functions = readFunctions(outline, relative, text, syntax.comments);
    return {
      path,
      relative,
      test: TEST_FILE.test(relative),
      modules: [...outline.modules],
      imports: outline.imports,
      functions,
      classes: classesOf(outline, functions),
      routes: outline.routes,
      syntaxError: syntax.error,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return emptyFile(path, relative, 'it is nested too deeply');
  }
}

function emptyFile(path: string, relative: string, syntaxError: string): FileAnalysis {
  const none = { modules: [], imports: new Map(), functions: [], classes: [], routes: [] };
  return { path, relative, test: TEST_FILE.test(relative), ...none, syntaxError };
}

function readFunctions(
  outline: Outline,
  relative: string,
  text: string,
  comments: readonly Comment[],
): FunctionAnalysis[] {
  const entries = outline.functions.slice(0, MAX_FUNCTIONS);
  const own: ReadonlySet<Node> = new Set(entries.map((entry) => entry.node));
  const contextOf = (entry: OutlineFunction, methods: ReadonlyMap<string, StateSummary>) => {
    return { own, constants: outline.constants, variables: variablesAround(entry, outline), methods };
  };
  const facts = new Map<OutlineFunction, FunctionFacts>();
  for (const entry of entries) facts.set(entry, readFunction(entry, contextOf(entry, NONE)));
  // Once the methods of a class are known, those that call them are read again with what the callees do to the state.
  const summaries = summariesByClass(facts);
  for (const entry of entries) {
    const methods = entry.owner && summaries.get(entry.owner.name);
    const calls = facts.get(entry)?.calls ?? [];
    if (methods && calls.some((call) => call.name.startsWith('this.') && methods.has(call.name.slice(5)))) {
      facts.set(entry, readFunction(entry, contextOf(entry, methods)));
    }
  }
  const seen = new Set<string>();
  const typesOf = new Map<OutlineFunction, ReadonlyMap<string, string>>();
  const commentAt = new CommentIndex(comments, text);
  return entries.map((entry) => {
    const nameable = entry.kind !== 'handler' && !seen.has(entry.name) && !entry.name.includes('<');
    if (nameable) seen.add(entry.name);
    const types = new Map(entry.outer ? typesOf.get(entry.outer) : []);
    for (const [name, type] of facts.get(entry)?.types ?? []) types.set(name, type);
    typesOf.set(entry, types);
    return functionOf(
      entry,
      facts.get(entry) as FunctionFacts,
      types,
      nameable ? `${relative}#${entry.name}` : null,
      commentAt,
      relative,
    );
  });
}

const NONE: ReadonlyMap<string, StateSummary> = new Map();

function summariesByClass(facts: ReadonlyMap<OutlineFunction, FunctionFacts>): Map<string, Map<string, StateSummary>> {
  const classes = new Map<string, Map<string, StateSummary>>();
  for (const [entry, fact] of facts) {
    if (!entry.owner || entry.kind === 'constructor') continue;
    const summary = fact.flow.summary();
    if (summary.reads.length === 0 && summary.writes.length === 0) continue;
    const methods = classes.get(entry.owner.name) ?? new Map<string, StateSummary>();
    methods.set(entry.name.split('.').at(-1) as string, summary);
    classes.set(entry.owner.name, methods);
  }
  return classes;
}

/** State outside a function: variables of the module and of the functions it is nested in. */
function variablesAround(entry: OutlineFunction, outline: Outline): ReadonlySet<string> {
  if (entry.outer === null) return outline.variables;
  const variables = new Set(outline.variables);
  for (let outer: OutlineFunction | null = entry.outer; outer !== null; outer = outer.outer) {
    for (const name of stateVariables(outer.node)) variables.add(name);
  }
  return variables;
}

function stateVariables(node: FunctionSyntax): string[] {
  if (node.body.type !== 'BlockStatement') return [];
  return node.body.body.flatMap((statement) => {
    if (statement.type !== 'VariableDeclaration') return [];
    return statement.declarations.flatMap(({ id, init }) => {
      if (id.type !== 'Identifier') return [];
      return statement.kind !== 'const' || isCollection(typeOfValue(init ?? null)) ? [id.name] : [];
    });
  });
}

function functionOf(
  entry: OutlineFunction,
  facts: FunctionFacts,
  types: ReadonlyMap<string, string>,
  at: string | null,
  comments: CommentIndex,
  relative: string,
): FunctionAnalysis {
  const { node, name, kind } = entry;
  return {
    name,
    at,
    kind,
    className: entry.owner?.name ?? null,
    async: node.async === true,
    generator: node.generator === true,
    exported: entry.exported,
    private: name.includes('#'),
    nested: entry.outer !== null,
    line: node.loc?.start.line ?? 1,
    column: node.loc?.start.column ?? 0,
    endLine: node.loc?.end.line ?? 1,
    params: facts.params,
    words: wordsOf(entry, facts, comments, relative),
    sql: facts.sql,
    state: facts.flow.stateUses(),
    hazards: facts.flow.hazards(),
    loops: facts.loops,
    calls: facts.calls,
    types,
    awaits: facts.awaits,
    complexity: facts.complexity,
    throws: facts.throws,
  };
}

function wordsOf(
  entry: OutlineFunction,
  facts: FunctionFacts,
  comments: CommentIndex,
  relative: string,
): FunctionWords {
  const name = new WordSet();
  const owner = new WordSet();
  const comment = new WordSet();
  const dot = entry.name.lastIndexOf('.');
  name.add(entry.name.slice(dot + 1));
  owner.add(entry.name.slice(0, Math.max(dot, 0)));
  if (entry.ownerName) owner.add(entry.ownerName);
  if (entry.outer) owner.add(entry.outer.name);
  owner.add((relative.split('/').at(-1) ?? '').replace(/\.[cm]?[jt]sx?$/, ''));
  for (const text of comments.around(entry.anchor.start ?? 0, entry.node.end ?? 0)) comment.add(text);
  return {
    name: name.words,
    owner: owner.words,
    comment: comment.words,
    text: facts.text.words,
    body: facts.body.words,
  };
}

/** Comments above and inside a piece of text, by binary search. */
class CommentIndex {
  constructor(
    private readonly comments: readonly Comment[],
    private readonly text: string,
  ) {}

  around(start: number, end: number): string[] {
    const first = this.firstFrom(start);
    const found: string[] = [];
    let edge = start;
    for (let index = first - 1; index >= 0; index -= 1) {
      const comment = this.comments[index] as Comment;
      const gap = this.text.slice(comment.end ?? 0, edge);
      if (gap.trim() !== '' && !/^\s*(?:export|default|async|\s)*$/.test(gap)) break;
      if ((gap.match(/\n/g)?.length ?? 0) > 1) break;
      found.push(comment.value);
      edge = comment.start ?? 0;
    }
    for (let index = first; index < this.comments.length; index += 1) {
      const comment = this.comments[index] as Comment;
      if ((comment.start ?? 0) >= end) break;
      found.push(comment.value);
    }
    return found;
  }

  private firstFrom(position: number): number {
    let low = 0;
    let high = this.comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.comments[middle]?.start ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function classesOf(outline: Outline, functions: readonly FunctionAnalysis[]): ClassAnalysis[] {
  return outline.classes.map((entry) => {
    const written = functions
      .filter((fn) => fn.className === entry.name && fn.kind !== 'constructor')
      .flatMap((fn) => fn.state.filter((use) => use.root === 'this' && use.writes > 0));
    return {
      name: entry.name,
      superclass: entry.superclass,
      line: entry.line,
      methods: entry.methods,
      fields: [...entry.fields.values()],
      stateful: written.length > 0,
    };
  });
}
