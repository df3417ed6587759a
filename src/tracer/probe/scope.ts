import { type Node, parse } from 'acorn';

interface Loc {
  readonly start: { line: number; column: number };
  readonly end: { line: number; column: number };
}
/** ESTree, loosely: the walkers look only at what is named here. */
export type Tree = Node & { loc: Loc; [key: string]: unknown };

/** What is declared in one lexical scope. */
export interface Scope {
  readonly names: Map<string, 'const' | 'assignable'>;
  readonly parent: Scope | null;
  readonly isFunction: boolean;
}
/** The syntax tree; CommonJS wrappers allow `return`, `await` outside functions is allowed for modules. */
export function parseScript(text: string, isModule: boolean): Tree | null {
  const options = {
    ecmaVersion: 'latest',
    locations: true,
    allowReturnOutsideFunction: true,
    allowHashBang: true,
    allowAwaitOutsideFunction: isModule,
    allowSuperOutsideMethod: true,
    allowImportExportEverywhere: true,
  } as const;
  for (const sourceType of isModule ? (['module', 'script'] as const) : (['script', 'module'] as const)) {
    try {
      return parse(text, { ...options, sourceType }) as unknown as Tree;
    } catch {
      // The other goal symbol may accept it.
    }
  }
  return null;
}

export function child(parent: Scope, isFunction: boolean): Scope {
  return { names: new Map(), parent, isFunction };
}

/** Enters the names that `node`'s own statements declare into `scope`; `var` into the nearest function. */
export function declare(node: Tree, scope: Scope): void {
  const functionScope = (): Scope => {
    let at = scope;
    while (!at.isFunction && at.parent !== null) at = at.parent;
    return at;
  };
  const statements = (
    node.type === 'SwitchStatement'
      ? (node.cases as Tree[]).flatMap((entry) => entry.consequent as Tree[])
      : [node.body, node.init, node.left].flat()
  ) as unknown[];
  for (const statement of statements) {
    if (!isTree(statement)) continue;
    const inner =
      (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') &&
      isTree(statement.declaration)
        ? statement.declaration
        : statement;
    if (inner.type === 'VariableDeclaration') {
      for (const declarator of inner.declarations as Tree[]) {
        const target = inner.kind === 'var' ? functionScope() : scope;
        patternNames(declarator.id as Tree, (name) =>
          target.names.set(name, inner.kind === 'const' ? 'const' : 'assignable'),
        );
      }
    } else if (inner.type === 'FunctionDeclaration' || inner.type === 'ClassDeclaration') {
      const name = nameOf(inner);
      if (name !== null) scope.names.set(name, 'assignable');
    } else if (inner.type === 'ImportDeclaration') {
      for (const specifier of inner.specifiers as Tree[])
        scope.names.set((specifier.local as Tree).name as string, 'const');
    }
  }
  if (node.type === 'CatchClause' && isTree(node.param))
    patternNames(node.param, (name) => scope.names.set(name, 'assignable'));
}

/** Calls `add` with every name that a binding pattern declares. */
export function patternNames(node: Tree, add: (name: string) => void): void {
  switch (node.type) {
    case 'Identifier':
      return add(node.name as string);
    case 'AssignmentPattern':
      return patternNames(node.left as Tree, add);
    case 'RestElement':
      return patternNames(node.argument as Tree, add);
    case 'ArrayPattern':
      for (const element of node.elements as (Tree | null)[]) if (element !== null) patternNames(element, add);
      return;
    case 'ObjectPattern':
      for (const property of node.properties as Tree[])
        patternNames((property.type === 'RestElement' ? property.argument : property.value) as Tree, add);
  }
}

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
export const nameOf = (node: Tree): string | null => (isTree(node.id) ? (node.id.name as string) : null);
