import { posix } from 'node:path';
import type { CallUse, ClassAnalysis, CodeAnalysis, FileAnalysis, FunctionAnalysis } from './model.ts';

/** A function in the call graph. */
export interface GraphNode {
  readonly fn: FunctionAnalysis;
  readonly file: FileAnalysis;
  readonly callees: GraphEdge[];
  readonly callers: GraphEdge[];
  /** Routes (`GET /projects/:id`) that it handles itself. */
  readonly routes: string[];
}

export interface GraphEdge {
  readonly node: GraphNode;
  readonly call: CallUse | null;
}

/** Method names that every second class has: a call of one says nothing about its receiver. */
const COMMON = new Set(
  'get set has add delete clear push pop map filter find forEach then catch finally on once emit call apply bind send end write read close open toString valueOf keys values entries slice join split log error warn info debug next query run start stop init connect release destroy create update remove save load list count'.split(
    ' ',
  ),
);

/**
 * The call graph of an analysis, by names: own class and its superclasses, declared types of fields and parameters,
 * imports, and last the only method of that name whose class resembles the receiver's name. Edges that cannot be told
 * are left out rather than guessed.
 */
export class CallGraph {
  readonly nodes: GraphNode[] = [];
  private readonly byFile = new Map<string, Map<string, GraphNode>>();
  private readonly filesByStem = new Map<string, FileAnalysis>();
  private readonly classes = new Map<string, { file: FileAnalysis; entry: ClassAnalysis }>();
  private readonly methods = new Map<string, GraphNode[]>();
  private readonly imports = new Map<FileAnalysis, readonly FileAnalysis[]>();
  private readonly importers = new Map<FileAnalysis, readonly FileAnalysis[]>();

  constructor(analysis: CodeAnalysis) {
    for (const file of analysis.files) if (!file.test) this.enter(file);
    for (const node of this.nodes) {
      for (const call of node.fn.calls) {
        const target = this.resolve(call.name, node);
        if (target && target !== node) link(node, target, call);
      }
    }
    for (const file of analysis.files) {
      if (file.test) continue;
      this.enterRoutes(file);
      this.enterImports(file);
    }
  }

  private enter(file: FileAnalysis): void {
    const names = new Map<string, GraphNode>();
    this.byFile.set(file.relative, names);
    this.filesByStem.set(stemOf(file.relative), file);
    for (const entry of file.classes) if (!this.classes.has(entry.name)) this.classes.set(entry.name, { file, entry });
    for (const fn of file.functions) {
      const node: GraphNode = { fn, file, callees: [], callers: [], routes: [] };
      this.nodes.push(node);
      if (!names.has(fn.name)) names.set(fn.name, node);
      const method = lastOf(fn.name);
      if (fn.name.includes('.')) this.methods.set(method, [...(this.methods.get(method) ?? []), node]);
    }
  }

  /** Files of the analysis that a file imports. */
  importsOf(file: FileAnalysis): readonly FileAnalysis[] {
    return this.imports.get(file) ?? [];
  }

  importersOf(file: FileAnalysis): readonly FileAnalysis[] {
    return this.importers.get(file) ?? [];
  }

  private enterImports(file: FileAnalysis): void {
    const targets = new Set(file.modules.flatMap((module) => this.fileOf(file, module) ?? []));
    this.imports.set(file, [...targets]);
    for (const target of targets) this.importers.set(target, [...(this.importers.get(target) ?? []), file]);
  }

  private fileOf(file: FileAnalysis, module: string): FileAnalysis | null {
    if (!module.startsWith('.')) return null;
    const base = posix.join(posix.dirname(file.relative), module);
    return (
      this.filesByStem.get(stemOf(base)) ?? this.filesByStem.get(base) ?? this.filesByStem.get(`${base}/index`) ?? null
    );
  }

  private enterRoutes(file: FileAnalysis): void {
    for (const route of file.routes) {
      const label = `${route.method} ${route.path}`;
      for (const handler of route.handlers) {
        const node = this.inFile(file, handler) ?? this.resolve(handler, { file, fn: null });
        if (node && !node.routes.includes(label)) node.routes.push(label);
      }
    }
  }

  private resolve(name: string, from: { file: FileAnalysis; fn: FunctionAnalysis | null }): GraphNode | null {
    const path = name.split('.');
    const last = path.at(-1) as string;
    if (path[0] === 'this' && path.length === 2) {
      return this.methodOf(from.fn?.className ?? null, last) ?? this.inFile(from.file, last);
    }
    if (path.length === 1) return this.inFile(from.file, last) ?? this.imported(from.file, last, null);
    const receiver = path.at(-2) as string;
    const typed =
      path[0] === 'this' && path.length === 3
        ? this.fieldType(from.fn?.className ?? null, receiver)
        : path.length === 2
          ? (from.fn?.types.get(receiver) ?? null)
          : null;
    return (
      this.methodOf(typed, last) ??
      (path.length === 2 ? (this.inFile(from.file, name) ?? this.imported(from.file, receiver, last)) : null) ??
      this.bySimilarity(receiver, last)
    );
  }

  private inFile(file: FileAnalysis, name: string): GraphNode | null {
    return this.byFile.get(file.relative)?.get(name) ?? null;
  }

  private methodOf(className: string | null, method: string, depth = 0): GraphNode | null {
    const found = className === null || depth > 8 ? undefined : this.classes.get(className);
    if (!found) return null;
    return (
      this.inFile(found.file, `${found.entry.name}.${method}`) ??
      this.methodOf(found.entry.superclass, method, depth + 1)
    );
  }

  private fieldType(className: string | null, field: string): string | null {
    const entry = className === null ? undefined : this.classes.get(className)?.entry;
    return entry?.fields.find((candidate) => candidate.name === field)?.type ?? null;
  }

  /** What an imported name means: a function, or with `member` a method of an imported class, object or module. */
  private imported(file: FileAnalysis, local: string, member: string | null): GraphNode | null {
    const source = file.imports.get(local);
    const target = source ? this.fileOf(file, source.from) : null;
    if (!source || !target) return null;
    const names = source.name === '*' ? [local] : [source.name, local];
    if (member === null) return firstOf(names, (name) => this.inFile(target, name));
    if (source.name === '*') return this.inFile(target, member);
    return firstOf(names, (name) => this.inFile(target, `${name}.${member}`)) ?? this.inFile(target, member);
  }

  private bySimilarity(receiver: string, method: string): GraphNode | null {
    const candidates = this.methods.get(method) ?? [];
    const wanted = receiver.replace(/^[#_]+/, '').toLowerCase();
    const similar = candidates.filter((node) => {
      const owner = node.fn.name.slice(0, -method.length - 1).toLowerCase();
      const stem = wanted.replace(/s$/, '');
      return owner === wanted || (stem.length > 2 && (owner.includes(stem) || wanted.includes(owner)));
    });
    if (similar.length === 1) return similar[0] as GraphNode;
    return candidates.length === 1 && !COMMON.has(method) && method.length > 4 ? (candidates[0] as GraphNode) : null;
  }
}

function link(from: GraphNode, to: GraphNode, call: CallUse): void {
  if (!from.callees.some((edge) => edge.node === to && edge.call?.line === call.line))
    from.callees.push({ node: to, call });
  if (!to.callers.some((edge) => edge.node === from)) to.callers.push({ node: from, call });
}

function firstOf<T, R>(items: readonly T[], pick: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = pick(item);
    if (found !== null) return found;
  }
  return null;
}

const stemOf = (path: string): string => path.replace(/\.(?:[cm]?[jt]s|[jt]sx)$/, '');
const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
