import type { Position } from './function-index.ts';
import { child, declare, isTree, nameOf, parseScript, patternNames, type Scope, type Tree } from './scope.ts';

/** A name as it is seen from inside the innermost function around `at`. */
export interface Seen {
  readonly name: string;
  readonly at: Position;
}

interface Around {
  readonly scope: Scope;
  /** Innermost function, null at the top of the script. */
  readonly fn: Tree | null;
}

/**
 * For each of `seen`, the functions of the script that read it: positions (0-based) at which their bodies begin. A name that
 * is declared anew between a reader and the declaration meant is another name; nested functions count for themselves.
 */
export function readersOf(text: string, isModule: boolean, seen: readonly Seen[]): Position[][] {
  const tree = parseScript(text, isModule);
  if (tree === null) return seen.map(() => []);
  const walk = new Walk(seen);
  walk.visit(tree, { scope: { names: new Map(), parent: null, isFunction: true }, fn: null });
  return walk.readers().map((functions) =>
    functions.map((fn) => {
      const { line, column } = (fn.body as Tree).loc.start;
      return { line: line - 1, column };
    }),
  );
}

class Walk {
  private readonly names: ReadonlySet<string>;
  private readonly uses: { readonly name: string; readonly around: Around }[] = [];
  /** Of each name asked for, the scope of the innermost function around it. */
  private readonly bases: (Scope | null)[];

  constructor(private readonly seen: readonly Seen[]) {
    this.names = new Set(seen.map(({ name }) => name));
    this.bases = seen.map(() => null);
  }

  readers(): Tree[][] {
    return this.seen.map(({ name }, index) => {
      const base = this.bases[index];
      if (base === null || base === undefined) return [];
      const declared = declaring(base, name);
      const found = new Set<Tree>();
      for (const use of this.uses)
        if (use.name === name && use.around.fn !== null && declaring(use.around.scope, name) === declared)
          found.add(use.around.fn);
      return [...found];
    });
  }

  visit(node: Tree, around: Around): void {
    switch (node.type) {
      case 'Identifier':
        if (this.names.has(node.name as string)) this.uses.push({ name: node.name as string, around });
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.fn(node, around);
      case 'Program':
        declare(node, around.scope);
        for (const [index, { at }] of this.seen.entries()) if (covers(node, at)) this.bases[index] = around.scope;
        return this.children(node, around);
      case 'BlockStatement':
      case 'StaticBlock':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
      case 'CatchClause': {
        const scope = child(around.scope, false);
        declare(node, scope);
        return this.children(node, { ...around, scope });
      }
      case 'MemberExpression':
        this.visit(node.object as Tree, around);
        if (node.computed === true) this.visit(node.property as Tree, around);
        return;
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (node.computed === true) this.visit(node.key as Tree, around);
        if (isTree(node.value)) this.visit(node.value, around);
        return;
      default:
        return this.children(node, around);
    }
  }

  private fn(node: Tree, around: Around): void {
    const scope = child(around.scope, true);
    const own = nameOf(node);
    if (node.type === 'FunctionExpression' && own !== null) scope.names.set(own, 'const');
    const parameters = node.params as Tree[];
    for (const parameter of parameters) patternNames(parameter, (name) => scope.names.set(name, 'assignable'));
    const body = node.body as Tree;
    declare(body, scope);
    for (const [index, { at }] of this.seen.entries()) if (covers(node, at)) this.bases[index] = scope;
    const inner = { scope, fn: node };
    for (const parameter of parameters) this.visit(parameter, inner);
    if (body.type === 'BlockStatement') this.children(body, inner);
    else this.visit(body, inner);
  }

  private children(node: Tree, around: Around): void {
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isTree(item)) this.visit(item, around);
      } else if (isTree(value)) this.visit(value, around);
    }
  }
}

/** The scope that declares the name, null when none here does. */
function declaring(from: Scope, name: string): Scope | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) if (scope.names.has(name)) return scope;
  return null;
}

function covers(node: Tree, { line, column }: Position): boolean {
  const { start, end } = node.loc;
  const after = line + 1 > start.line || (line + 1 === start.line && column >= start.column);
  return after && (line + 1 < end.line || (line + 1 === end.line && column < end.column));
}
