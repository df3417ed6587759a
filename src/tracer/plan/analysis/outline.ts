import type {
  ArrowFunctionExpression,
  AssignmentExpression,
  CallExpression,
  Class,
  ClassMethod,
  ClassPrivateMethod,
  FunctionDeclaration,
  FunctionExpression,
  Node,
  ObjectExpression,
  ObjectMethod,
  Program,
  VariableDeclarator,
} from '@babel/types';
import type { ClassField, FunctionKind, ImportedName, RouteAnalysis } from './model.ts';
import { routeOf } from './route.ts';
import { eachChild, keyName, memberPath, textOfLiteral, typeName, unwrap } from './syntax.ts';

export type FunctionSyntax =
  | FunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression
  | ObjectMethod
  | ClassMethod
  | ClassPrivateMethod;

/** A function with a name of its own, before its body is read. */
export interface OutlineFunction {
  readonly name: string;
  readonly kind: FunctionKind;
  readonly node: FunctionSyntax;
  /** The node whose start a comment above the function precedes. */
  readonly anchor: Node;
  readonly owner: OutlineClass | null;
  /** Name of the class or object it belongs to, for words. */
  readonly ownerName: string | null;
  /** The function it is declared in; its variables are state that outlives the calls of this one. */
  readonly outer: OutlineFunction | null;
  exported: boolean;
}

interface OutlineClass {
  readonly name: string;
  readonly superclass: string | null;
  readonly line: number;
  readonly methods: string[];
  readonly fields: Map<string, ClassField>;
}

/** Where a name points: what a module, a function or a class declares about itself. */
export interface Outline {
  readonly functions: OutlineFunction[];
  readonly classes: OutlineClass[];
  readonly routes: RouteAnalysis[];
  readonly modules: Set<string>;
  readonly imports: Map<string, ImportedName>;
  /** Text constants of the module. */
  readonly constants: Map<string, string>;
  /** Module variables that hold state: collections, and whatever can be assigned. */
  readonly variables: Set<string>;
  readonly exported: Set<string>;
}

interface Context {
  readonly owner: string | null;
  readonly ownerClass: OutlineClass | null;
  readonly outer: OutlineFunction | null;
  readonly anchor: Node;
}

/** Finds everything that has a name: functions, classes, routes, imports, constants. Does not look into what they do. */
export function outlineOf(program: Program): Outline {
  const outliner = new Outliner();
  const context = { owner: null, ownerClass: null, outer: null };
  for (const statement of program.body) outliner.visit(statement, { ...context, anchor: statement });
  for (const entry of outliner.outline.functions) {
    const first = entry.name.split('.')[0] ?? '';
    if (outliner.outline.exported.has(first) && entry.outer === null) entry.exported = true;
  }
  return outliner.outline;
}

class Outliner {
  readonly outline: Outline = {
    functions: [],
    classes: [],
    routes: [],
    modules: new Set(),
    imports: new Map(),
    constants: new Map(),
    variables: new Set(),
    exported: new Set(),
  };
  /** Functions written in place as handlers of a route, with the route's name. */
  private readonly handlers = new Map<Node, string>();

  visit(node: Node, context: Context): void {
    switch (node.type) {
      case 'ImportDeclaration':
        this.outline.modules.add(node.source.value);
        for (const item of node.specifiers) {
          const name =
            item.type === 'ImportDefaultSpecifier'
              ? 'default'
              : item.type === 'ImportSpecifier'
                ? keyName(item.imported, false)
                : '*';
          this.outline.imports.set(item.local.name, { from: node.source.value, name: name ?? '*' });
        }
        return;
      case 'ExportNamedDeclaration':
        for (const item of node.specifiers)
          if (item.type === 'ExportSpecifier') this.outline.exported.add(item.local.name);
        if (node.source) this.outline.modules.add(node.source.value);
        if (node.declaration) {
          this.exportNames(node.declaration);
          this.visit(node.declaration, context);
        }
        return;
      case 'ExportDefaultDeclaration':
        this.exportDefault(unwrap(node.declaration), context);
        return;
      case 'FunctionDeclaration':
        this.fn(node, node.id?.name ?? null, 'declaration', context);
        return;
      case 'FunctionExpression':
        if (node.id) this.fn(node, node.id.name, 'expression', context);
        else this.children(node, context);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.klass(node, node.id?.name ?? null, context);
        return;
      case 'VariableDeclaration':
        for (const declarator of node.declarations) {
          this.variable(declarator, node.kind, {
            ...context,
            anchor: node.declarations.length === 1 ? context.anchor : declarator,
          });
        }
        return;
      case 'AssignmentExpression':
        this.assignment(node, context);
        return;
      case 'CallExpression':
      case 'OptionalCallExpression':
        if (node.type === 'CallExpression') this.call(node, context);
        else this.children(node, context);
        return;
      case 'ExpressionStatement':
        this.visit(node.expression, { ...context, anchor: node });
        return;
      case 'ObjectMethod':
        // Of an object without a name of its own (`return { assign() {} }`): known by its key alone.
        this.method(node, null, context);
        return;
      case 'ObjectProperty': {
        const value = unwrap(node.value);
        const key = keyName(node.key, node.computed);
        const handles = this.handlers.get(value);
        if (handles !== undefined && isFunctionValue(value)) {
          this.fn(value, handles, 'handler', { ...context, owner: null, anchor: node });
          return;
        }
        if (key !== null && isFunctionValue(value)) {
          this.fn(value, key, 'object-method', { ...context, anchor: node });
          return;
        }
        this.children(node, context);
        return;
      }
      default:
        if (
          node.type.startsWith('TS') &&
          !node.type.endsWith('Expression') &&
          node.type !== 'TSModuleDeclaration' &&
          node.type !== 'TSModuleBlock' &&
          node.type !== 'TSExportAssignment'
        )
          return;
        this.children(node, context);
        return;
    }
  }

  private children(node: Node, context: Context): void {
    eachChild(node, (child) => {
      const standsAlone = /(?:Statement|Declaration)$/.test(child.type);
      this.visit(child, standsAlone ? { ...context, anchor: child } : context);
    });
  }

  private exportNames(declaration: Node): void {
    if (declaration.type === 'VariableDeclaration') {
      for (const { id } of declaration.declarations) if (id.type === 'Identifier') this.outline.exported.add(id.name);
    } else if (
      (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') &&
      declaration.id
    ) {
      this.outline.exported.add(declaration.id.name);
    }
  }

  private exportDefault(value: Node, context: Context): void {
    this.outline.exported.add('default');
    if (value.type === 'Identifier') this.outline.exported.add(value.name);
    if (value.type === 'FunctionDeclaration' || value.type === 'ClassDeclaration') {
      if (value.id) this.outline.exported.add(value.id.name);
    }
    this.named(value, ownName(value) ?? 'default', 'declaration', context);
  }

  /** A value that a place gives a name to. */
  private named(node: Node, name: string, kind: FunctionKind, context: Context): void {
    const value = unwrap(node);
    if (isFunctionValue(value) || value.type === 'FunctionDeclaration') this.fn(value, name, kind, context);
    else if (value.type === 'ObjectExpression') this.object(value, name, context);
    else if (value.type === 'ClassExpression' || value.type === 'ClassDeclaration') this.klass(value, name, context);
    else if (value.type === 'CallExpression') this.call(value, context, name);
    else this.visit(value, context);
  }

  private fn(node: FunctionSyntax, name: string | null, kind: FunctionKind, context: Context): void {
    let outer = context.outer;
    if (name !== null) {
      outer = {
        name,
        kind,
        node,
        anchor: context.anchor,
        owner: context.ownerClass,
        ownerName: context.owner,
        outer: context.outer,
        exported: false,
      };
      this.outline.functions.push(outer);
    }
    // Names inside begin anew; `this` of an arrow stays that of the class it is written in.
    const keepsThis = name === null || node.type === 'ArrowFunctionExpression' || CLASS_MEMBERS.has(kind);
    const ownerClass = keepsThis ? context.ownerClass : null;
    const inner: Context = { owner: null, ownerClass, outer, anchor: node };
    for (const param of node.params) this.visit(param, { ...inner, anchor: param });
    if (node.body.type === 'BlockStatement') this.children(node.body, inner);
    else this.visit(node.body, { ...inner, anchor: node.body });
  }

  private klass(node: Class, given: string | null, context: Context): void {
    const name = given ?? '<class>';
    const entry: OutlineClass = {
      name,
      superclass: node.superClass ? (memberPath(node.superClass)?.join('.') ?? null) : null,
      line: node.loc?.start.line ?? 1,
      methods: [],
      fields: new Map(),
    };
    this.outline.classes.push(entry);
    const inner: Context = { owner: name, ownerClass: entry, outer: context.outer, anchor: node };
    for (const member of node.body.body) {
      if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
        this.method(member, name, { ...inner, anchor: member });
      } else if (
        member.type === 'ClassProperty' ||
        member.type === 'ClassPrivateProperty' ||
        member.type === 'ClassAccessorProperty'
      ) {
        const key = keyName(member.key, member.type !== 'ClassPrivateProperty' && member.computed === true);
        const value = member.value ? unwrap(member.value) : null;
        if (key !== null && value !== null && (isFunctionValue(value) || value.type === 'ObjectExpression')) {
          this.named(value, `${name}.${key}`, 'field', { ...inner, anchor: member });
        } else if (value) this.visit(value, { ...inner, anchor: member });
        const annotation = member.type === 'ClassPrivateProperty' ? member.typeAnnotation : member.typeAnnotation;
        if (key !== null && !(value && isFunctionValue(value)))
          field(entry, key, typeName(annotation) ?? typeOfValue(value));
      } else if (member.type === 'StaticBlock') this.children(member, inner);
    }
  }

  private method(node: ClassMethod | ClassPrivateMethod | ObjectMethod, owner: string | null, context: Context): void {
    const key = keyName(node.key, node.type !== 'ClassPrivateMethod' && node.computed);
    const handles = this.handlers.get(node);
    if (handles !== undefined) {
      this.fn(node, handles, 'handler', { ...context, owner: null });
      return;
    }
    const kind = methodKind(node);
    if (node.kind === 'constructor' && context.ownerClass) this.parameterProperties(node, context.ownerClass);
    if (node.type !== 'ObjectMethod' && context.ownerClass && key !== null) context.ownerClass.methods.push(key);
    const name = key === null ? null : owner === null ? key : `${owner}.${key}`;
    this.fn(node, name, kind, node.type === 'ObjectMethod' ? { ...context, ownerClass: null, owner } : context);
  }

  private parameterProperties(node: FunctionSyntax, owner: OutlineClass): void {
    const types = new Map<string, string | null>();
    for (const param of node.params) {
      const inner = param.type === 'TSParameterProperty' ? param.parameter : param;
      const target = inner.type === 'AssignmentPattern' ? inner.left : inner;
      if (target.type !== 'Identifier') continue;
      types.set(target.name, typeName(target.typeAnnotation));
      if (param.type === 'TSParameterProperty') field(owner, target.name, typeName(target.typeAnnotation));
    }
    // `this.repo = repo` and `this.slots = new Map()` in plain JavaScript.
    if (node.body.type !== 'BlockStatement') return;
    for (const statement of node.body.body) {
      if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue;
      const path = memberPath(statement.expression.left);
      if (path?.length !== 2 || path[0] !== 'this') continue;
      const value = unwrap(statement.expression.right);
      const type = value.type === 'Identifier' ? (types.get(value.name) ?? null) : typeOfValue(value);
      if (!owner.fields.get(path[1] as string)?.type) field(owner, path[1] as string, type);
    }
  }

  private object(node: ObjectExpression, name: string, context: Context): void {
    const shown = name === 'exports' ? null : name;
    for (const property of node.properties) {
      const inner: Context = { ...context, owner: shown, anchor: property };
      if (property.type === 'ObjectMethod') this.method(property, shown, inner);
      else if (property.type === 'ObjectProperty') {
        const key = keyName(property.key, property.computed);
        const value = unwrap(property.value);
        if (name === 'exports' && value.type === 'Identifier') this.outline.exported.add(value.name);
        const nameable =
          isFunctionValue(value) || value.type === 'ObjectExpression' || value.type === 'ClassExpression';
        if (key !== null && nameable) {
          if (name === 'exports') this.outline.exported.add(key);
          this.named(value, shown === null ? key : `${shown}.${key}`, 'object-method', { ...inner, ownerClass: null });
        } else this.visit(value, inner);
      } else this.visit(property.argument, inner);
    }
  }

  private variable(node: VariableDeclarator, kind: string, context: Context): void {
    if (!node.init) {
      if (context.outer === null && node.id.type === 'Identifier' && kind !== 'const')
        this.outline.variables.add(node.id.name);
      return;
    }
    const value = unwrap(node.init);
    const required = requiredModule(value);
    if (required !== null) this.requires(node, required.module, required.member);
    if (node.id.type !== 'Identifier') {
      this.visit(value, context);
      return;
    }
    const name = node.id.name;
    if (context.outer === null && required === null) {
      const text = textOfLiteral(value, this.outline.constants);
      if (text !== null) this.outline.constants.set(name, text);
      else if (kind !== 'const' || isCollection(typeOfValue(value))) this.outline.variables.add(name);
    }
    const functionKind: FunctionKind = value.type === 'ArrowFunctionExpression' ? 'arrow' : 'expression';
    this.named(value, name, functionKind, { ...context, owner: null });
  }

  private requires(node: VariableDeclarator, module: string, member: string | null): void {
    if (node.id.type === 'Identifier') this.outline.imports.set(node.id.name, { from: module, name: member ?? '*' });
    if (node.id.type !== 'ObjectPattern') return;
    for (const property of node.id.properties) {
      if (property.type !== 'ObjectProperty' || property.value.type !== 'Identifier') continue;
      this.outline.imports.set(property.value.name, {
        from: module,
        name: keyName(property.key, property.computed) ?? '*',
      });
    }
  }

  /** `exports.f = ...`, `module.exports = {...}`, `Class.prototype.m = ...`, `this.handler = ...`. */
  private assignment(node: AssignmentExpression, context: Context): void {
    const value = unwrap(node.right);
    const path = memberPath(node.left);
    if (path === null || node.operator !== '=') {
      this.children(node, context);
      return;
    }
    const exported = path[0] === 'exports' || (path[0] === 'module' && path[1] === 'exports');
    const parts = path.filter((part, index) => {
      if (part === 'prototype' || (index === 0 && (part === 'exports' || part === 'this' || part === 'module')))
        return false;
      return !(index === 1 && path[0] === 'module' && part === 'exports');
    });
    if (exported) {
      if (parts[0] !== undefined) this.outline.exported.add(parts[0]);
      if (value.type === 'Identifier') this.outline.exported.add(value.name);
    }
    if (path[0] === 'this' && parts.length === 1 && isFunctionValue(value)) {
      const owner = context.ownerClass;
      this.fn(value, owner ? `${owner.name}.${parts[0]}` : (parts[0] as string), 'field', context);
      return;
    }
    const name = parts.length > 0 ? parts.join('.') : exported ? (ownName(value) ?? 'exports') : null;
    if (name === null) {
      this.visit(value, context);
      return;
    }
    if (exported && parts.length === 0 && name !== 'exports') this.outline.exported.add(name);
    this.named(value, name, 'expression', context);
  }

  /** A call: a route, a wrapper around a function that gets a name (`const h = wrap(async () => ...)`), or nothing special. */
  private call(node: CallExpression, context: Context, name: string | null = null): void {
    const required = requiredModule(node);
    if (required !== null) this.outline.modules.add(required.module);
    const route = routeOf(node, this.outline.constants);
    if (route) this.outline.routes.push(route.analysis);
    if (route)
      for (const handler of route.inline) this.handlers.set(handler, `${route.analysis.method} ${route.analysis.path}`);
    this.visit(node.callee, context);
    const method = memberPath(node.callee)?.at(-1);
    const wrapped = method === undefined || NOT_WRAPPERS.has(method) ? null : name;
    for (const argument of node.arguments) {
      const value = unwrap(argument);
      const handles = this.handlers.get(value);
      if (isFunctionValue(value) && handles !== undefined) {
        this.fn(value, handles, 'handler', { ...context, owner: null, anchor: value });
      } else if (isFunctionValue(value) && wrapped !== null && value === node.arguments[0]) {
        this.fn(value, wrapped, 'handler', { ...context, owner: null });
      } else this.visit(argument, { ...context, anchor: argument });
    }
  }
}

/** Functions whose `this` is the class they are written in, or its instance. */
const CLASS_MEMBERS: ReadonlySet<FunctionKind> = new Set([
  'method',
  'static',
  'constructor',
  'getter',
  'setter',
  'field',
]);

/** Calls whose function argument is not what the result's name means. */
const NOT_WRAPPERS = new Set(
  'map filter forEach reduce some every find findIndex sort flatMap from then catch finally on once'.split(' '),
);

function methodKind(node: ClassMethod | ClassPrivateMethod | ObjectMethod): FunctionKind {
  if (node.kind === 'get') return 'getter';
  if (node.kind === 'set') return 'setter';
  if (node.kind === 'constructor') return 'constructor';
  if (node.type === 'ObjectMethod') return 'object-method';
  return node.static ? 'static' : 'method';
}

function isFunctionValue(node: Node): node is FunctionExpression | ArrowFunctionExpression {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

function ownName(node: Node): string | null {
  const named =
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration' ||
    node.type === 'ClassExpression' ||
    node.type === 'ClassDeclaration';
  return named ? (node.id?.name ?? null) : null;
}

/** `require('x')`, `require('x').y`, `await import('x')`. */
function requiredModule(node: Node): { module: string; member: string | null } | null {
  const value = node.type === 'AwaitExpression' ? node.argument : node;
  if (value.type === 'MemberExpression') {
    const inner = requiredModule(value.object);
    return inner && { module: inner.module, member: keyName(value.property, value.computed) };
  }
  if (value.type !== 'CallExpression') return null;
  const callee = value.callee;
  if (!(callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require'))) return null;
  const [argument] = value.arguments;
  return argument?.type === 'StringLiteral' ? { module: argument.value, member: null } : null;
}

function field(owner: OutlineClass, name: string, type: string | null): void {
  owner.fields.set(name, { name, type, private: name.startsWith('#') });
}

/** `Map`, `array`, `object`, `number` or a class, as far as the initial value tells. */
export function typeOfValue(node: Node | null): string | null {
  switch (node?.type) {
    case 'NewExpression':
      return memberPath(node.callee)?.at(-1) ?? null;
    case 'ArrayExpression':
      return 'array';
    case 'ObjectExpression':
      return 'object';
    case 'NumericLiteral':
      return 'number';
    default:
      return null;
  }
}

/** Types whose instances hold state directly, so that a watch or a capture shows something. */
export function isCollection(type: string | null): boolean {
  return type !== null && /^(?:Map|Set|WeakMap|WeakSet|Array|array|object|Record)$/.test(type);
}
