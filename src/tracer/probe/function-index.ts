import { child, declare, isTree, nameOf, parseScript, patternNames, type Scope, type Tree } from './scope.ts';

/** How a function is reached by those who call it; decides which rung of the ladder can replace it. */
export type Binding =
  /** A name that can be assigned in the function's own frame: a declaration, `let`, `var`. */
  | { readonly kind: 'assignable'; readonly name: string }
  /** A `const`: only the debugger can write it. `unique`: the name is declared once on the scope chain. */
  | { readonly kind: 'constant'; readonly name: string; readonly unique: boolean }
  /** A property reached through the receiver: methods, static methods, object literal methods, function-valued fields. */
  | { readonly kind: 'property'; readonly key: string; readonly holder?: Holder }
  /** Not replaceable where it is defined; `why` is shown to the user. */
  | { readonly kind: 'none'; readonly why: string };

/** The variable an object literal was put into, and the keys from there to the object that has the function. */
export interface Holder {
  readonly root: string;
  readonly keys: readonly string[];
}

/** A function of a script. Positions are 0-based lines and columns in the script. */
export interface FunctionNode {
  /** As users write it: `TaskManager.assignTask`, `loadProject`, `api.list`; `<anonymous>` without a name. */
  readonly name: string;
  readonly binding: Binding;
  readonly arrow: boolean;
  readonly asynchronous: boolean;
  readonly generator: boolean;
  /** `await` and `yield` expressions in its own body: each run of one makes V8's coverage count one call more. */
  readonly resumptions: number;
  readonly constructible: boolean;
  readonly classConstructor: boolean;
  /** `() => name`: hands out something else, as compilers' export getters do. */
  readonly reference: boolean;
  /** Names of simple parameters; null for patterns. */
  readonly parameters: readonly (string | null)[];
  /** Text range of the function's own value, whose source text identifies it. */
  readonly start: number;
  readonly end: number;
  readonly bodyStart: number;
  readonly position: Position;
  readonly bodyPosition: Position;
  readonly endPosition: Position;
}
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Context {
  readonly scope: Scope;
  /** Name of the enclosing class or object, for qualified names. */
  readonly owner: string | null;
  /** Name of the class whose instances `this` means. */
  readonly self: string | null;
}

const position = (at: { line: number; column: number }): Position => ({ line: at.line - 1, column: at.column });

/** All functions of `text`, outermost first; empty when it cannot be parsed (ECMAScript as of acorn's latest). */
export function indexFunctions(text: string, isModule: boolean): readonly FunctionNode[] {
  const tree = parseScript(text, isModule);
  if (tree === null) return [];
  const found: FunctionNode[] = [];
  new Indexer(found).visit(
    tree,
    { scope: { names: new Map(), parent: null, isFunction: true }, owner: null, self: null },
    null,
  );
  return found;
}

/** A name given by the place a function stands at, with how it is reached from there. */
interface Given {
  readonly name: string;
  readonly binding: Binding;
  readonly classConstructor?: boolean;
  readonly holder?: Holder;
}

class Indexer {
  /** Resumptions of the functions that enclose the node being visited, innermost last. */
  private readonly resumptions: number[] = [];

  constructor(private readonly found: FunctionNode[]) {}

  visit(node: Tree, context: Context, given: Given | null): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.fn(node, context, given);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.klass(node, context, given);
      case 'ObjectExpression':
        return this.object(node, context, given?.name ?? null, given?.holder);
      case 'VariableDeclaration':
        return this.variables(node, context);
      case 'AssignmentExpression':
        return this.assignment(node, context);
      case 'BlockStatement':
      case 'StaticBlock':
      case 'Program':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
      case 'CatchClause': {
        const scope = node.type === 'Program' ? context.scope : child(context.scope, false);
        declare(node, scope);
        return this.children(node, { ...context, scope });
      }
      case 'ExportDefaultDeclaration': {
        const inner = node.declaration as Tree;
        return this.visit(inner, context, { name: nameOf(inner) ?? 'default', binding: defaultBinding(inner) });
      }
      case 'AwaitExpression':
      case 'YieldExpression':
        this.resumptions.push((this.resumptions.pop() ?? 0) + 1);
        return this.children(node, context);
      default:
        return this.children(node, context);
    }
  }

  private children(node: Tree, context: Context): void {
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) for (const item of value) this.maybe(item, context);
      else this.maybe(value, context);
    }
  }

  private maybe(value: unknown, context: Context): void {
    if (isTree(value)) this.visit(value, context, null);
  }

  private fn(node: Tree, context: Context, given: Given | null): void {
    const own = nameOf(node);
    const declaration = node.type === 'FunctionDeclaration';
    const scope = child(context.scope, true);
    const parameters = node.params as Tree[];
    for (const parameter of parameters) patternNames(parameter, (name) => scope.names.set(name, 'assignable'));
    // A named function expression's own name is an inner, immutable binding that hides an outer one.
    const hides = !declaration && own !== null;
    if (hides) scope.names.set(own, 'const');
    const body = node.body as Tree;
    declare(body, scope);
    const local: Given = given ?? {
      name: own ?? '<anonymous>',
      binding: { kind: 'none', why: 'it is passed on as a value where it is defined, so no binding names it' },
    };
    const resolved =
      declaration && own !== null
        ? {
            name: qualified(context.owner, own),
            binding: given?.binding.kind === 'none' ? given.binding : ({ kind: 'assignable', name: own } as const),
          }
        : local;
    const at = this.found.length;
    const described = {
      name: resolved.name,
      binding: withUniqueness(resolved.binding, scope, declaration || hides ? null : own),
      arrow: node.type === 'ArrowFunctionExpression',
      asynchronous: node.async === true,
      generator: node.generator === true,
      resumptions: 0,
      constructible:
        (declaration || node.type === 'FunctionExpression') &&
        node.async !== true &&
        node.generator !== true &&
        given?.binding.kind !== 'property',
      reference: node.type === 'ArrowFunctionExpression' && parameters.length === 0 && body.type === 'Identifier',
      classConstructor: given?.classConstructor === true,
      parameters: parameters.map((parameter) => simpleName(parameter)),
      start: node.start,
      end: node.end,
      bodyStart: body.start,
      position: position(node.loc.start),
      bodyPosition: position(body.loc.start),
      endPosition: position(node.loc.end),
    };
    this.found.push(described);
    this.resumptions.push(0);
    const self = node.type === 'ArrowFunctionExpression' || context.owner !== null ? (context.self ?? null) : null;
    const inner = { scope, owner: null, self };
    for (const parameter of parameters) this.children(parameter, inner);
    if (body.type === 'BlockStatement') this.children(body, inner);
    else this.visit(body, inner, null);
    this.found[at] = { ...described, resumptions: this.resumptions.pop() ?? 0 };
  }

  private klass(node: Tree, context: Context, given: Given | null): void {
    const name = given?.name ?? nameOf(node) ?? '<class>';
    if (isTree(node.superClass)) this.visit(node.superClass, context, null);
    const inner = { scope: child(context.scope, false), owner: name, self: name };
    for (const member of (node.body as Tree).body as Tree[]) {
      if (member.type === 'StaticBlock') {
        this.visit(member, inner, null);
        continue;
      }
      const key = keyOf(member);
      if (member.computed === true) this.visit(member.key as Tree, context, null);
      if (!isTree(member.value)) continue;
      const label = `${name}.${key ?? '<computed>'}`;
      this.visit(
        member.value,
        inner,
        isFunctionNode(member.value) ||
          member.value.type === 'ClassExpression' ||
          member.value.type === 'ObjectExpression'
          ? { name: label, binding: memberBinding(member, key), classConstructor: member.kind === 'constructor' }
          : null,
      );
    }
  }

  private object(node: Tree, context: Context, name: string | null, holder: Holder | undefined): void {
    for (const property of node.properties as Tree[]) {
      const value = property.value;
      if (property.type !== 'Property' || !isTree(value)) {
        this.children(property, context);
        continue;
      }
      if (property.computed === true) this.visit(property.key as Tree, context, null);
      const key = keyOf(property);
      const label = key === null ? '<computed>' : qualified(name, key);
      const accessor = property.kind !== 'init';
      const binding: Binding = accessor
        ? { kind: 'none', why: 'it is an accessor, which calls no function value' }
        : key === null
          ? { kind: 'none', why: 'its key is computed' }
          : { kind: 'property', key, ...(holder === undefined ? {} : { holder }) };
      const inner = holder === undefined || key === null ? {} : { holder: { ...holder, keys: [...holder.keys, key] } };
      this.visit(
        value,
        context,
        isFunctionNode(value) || value.type === 'ObjectExpression' || value.type === 'ClassExpression'
          ? { name: label, binding, ...inner }
          : null,
      );
    }
  }

  private variables(node: Tree, context: Context): void {
    for (const declarator of node.declarations as Tree[]) {
      const id = declarator.id as Tree;
      if (id.type !== 'Identifier') this.visit(id, context, null);
      if (!isTree(declarator.init)) continue;
      const name = id.type === 'Identifier' ? (id.name as string) : null;
      const binding: Binding =
        name === null
          ? { kind: 'none', why: 'it is a default inside a pattern' }
          : node.kind === 'const'
            ? { kind: 'constant', name, unique: true }
            : { kind: 'assignable', name };
      this.visit(declarator.init, context, name === null ? null : { name, binding, holder: { root: name, keys: [] } });
    }
  }

  /** `exports.f = function`, `Class.prototype.m = function`, `f = () => ...`, `module.exports = {...}`. */
  private assignment(node: Tree, context: Context): void {
    const left = node.left as Tree;
    const right = node.right as Tree;
    this.visit(left, context, null);
    const named =
      isFunctionNode(right) ||
      right.type === 'ObjectExpression' ||
      right.type === 'ClassExpression' ||
      right.type === 'AssignmentExpression';
    if (!named || node.operator !== '=') return this.visit(right, context, null);
    if (left.type === 'Identifier') {
      const name = left.name as string;
      return this.visit(right, context, { name, binding: { kind: 'assignable', name } });
    }
    const path = memberPath(left);
    const key = path?.at(-1) ?? null;
    if (path === null || key === null) return this.visit(right, context, null);
    const qualifiedPath = path[0] === 'this' && context.self !== null ? [context.self, ...path.slice(1)] : path;
    const shown = qualifiedPath.filter(
      (part, index) =>
        part !== 'prototype' &&
        !(index === 0 && (part === 'exports' || part === 'this')) &&
        !(part === 'module' && index === 0) &&
        !(part === 'exports' && index === 1),
    );
    this.visit(right, context, {
      name: shown.length === 0 ? (nameOf(right) ?? 'exports') : shown.join('.'),
      binding: { kind: 'property', key },
    });
  }
}

function memberBinding(member: Tree, key: string | null): Binding {
  if ((member.key as Tree).type === 'PrivateIdentifier')
    return { kind: 'none', why: 'it is a #private method, which nothing outside its class can replace' };
  if (member.type === 'MethodDefinition' && member.kind === 'constructor')
    return { kind: 'none', why: 'it is a class constructor, whose class would have to be replaced' };
  if (member.type === 'MethodDefinition' && member.kind !== 'method')
    return { kind: 'none', why: 'it is an accessor, which calls no function value' };
  if (key === null) return { kind: 'none', why: 'its key is computed' };
  return { kind: 'property', key };
}

function defaultBinding(node: Tree): Binding {
  const name = nameOf(node);
  if (node.type === 'FunctionDeclaration' && name !== null) return { kind: 'assignable', name };
  return { kind: 'none', why: 'it is an anonymous default export, which no name in its module refers to' };
}

/** Whether the name, as seen from inside the function, is declared exactly once on the way out, and reachable at all. */
function withUniqueness(binding: Binding, inner: Scope, _own: string | null): Binding {
  if (binding.kind !== 'constant' && binding.kind !== 'assignable') return binding;
  let declarations = 0;
  let first: Scope | null = null;
  for (let scope: Scope | null = inner; scope !== null; scope = scope.parent) {
    if (!scope.names.has(binding.name)) continue;
    declarations++;
    first ??= scope;
  }
  if (first === inner) return { kind: 'none', why: `inside it the name "${binding.name}" means something else` };
  if (first?.names.get(binding.name) === 'const')
    return { kind: 'constant', name: binding.name, unique: declarations === 1 };
  return binding.kind === 'constant' ? { ...binding, unique: declarations <= 1 } : binding;
}

function simpleName(node: Tree): string | null {
  if (node.type === 'Identifier') return node.name as string;
  if (node.type === 'AssignmentPattern') return simpleName(node.left as Tree);
  return null;
}

const isFunctionNode = (node: Tree): boolean =>
  node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
const qualified = (owner: string | null, name: string): string =>
  owner === null || owner === 'exports' || owner === 'module.exports' ? name : `${owner}.${name}`;

function keyOf(member: Tree): string | null {
  const key = member.key as Tree;
  if (key.type === 'PrivateIdentifier') return `#${key.name as string}`;
  if (member.computed === true) return key.type === 'Literal' ? String(key.value) : null;
  return key.type === 'Identifier' ? (key.name as string) : key.type === 'Literal' ? String(key.value) : null;
}

function memberPath(node: Tree): string[] | null {
  if (node.type === 'Identifier') return [node.name as string];
  if (node.type === 'ThisExpression') return ['this'];
  if (node.type !== 'MemberExpression') return null;
  const object = memberPath(node.object as Tree);
  const property = node.property as Tree;
  const key =
    node.computed === true
      ? property.type === 'Literal'
        ? String(property.value)
        : null
      : property.type === 'Identifier'
        ? (property.name as string)
        : null;
  return object === null || key === null ? null : [...object, key];
}
