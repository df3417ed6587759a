import type {
  AssignmentExpression,
  CallExpression,
  Node,
  OptionalCallExpression,
  VariableDeclarator,
} from '@babel/types';
import type { CallUse, LoopUse, SqlText } from './model.ts';
import { type FunctionSyntax, isCollection, type OutlineFunction, typeOfValue } from './outline.ts';
import { isQueryCall } from './query-call.ts';
import { analyseSql, isSql } from './sql.ts';
import { StateFlow, type StateKey, type StateSummary } from './state-flow.ts';
import { childrenOf, eachChild, keyName, memberPath, textOfLiteral, typeName, unwrap } from './syntax.ts';
import { WordSet } from './words.ts';

/** What a function's text says, apart from its name and place. */
export interface FunctionFacts {
  readonly params: readonly (string | null)[];
  readonly flow: StateFlow;
  readonly text: WordSet;
  readonly body: WordSet;
  readonly sql: readonly SqlText[];
  readonly loops: readonly LoopUse[];
  readonly calls: readonly CallUse[];
  /** Local name -> class, from annotations and `new`, for resolving calls. */
  readonly types: ReadonlyMap<string, string>;
  readonly awaits: number;
  readonly complexity: number;
  readonly throws: boolean;
}

/** What the reader needs to know of the code around the function. */
export interface ReaderContext {
  /** Functions with entries of their own, which are not part of this one. */
  readonly own: ReadonlySet<Node>;
  readonly constants: ReadonlyMap<string, string>;
  /** Variables outside the function that hold state. */
  readonly variables: ReadonlySet<string>;
  /** State uses of the methods of the same class, by name, for `this.method()`. */
  readonly methods: ReadonlyMap<string, StateSummary>;
}

const READERS = new Set(
  'get has keys values entries forEach find filter map some every includes indexOf at slice reduce findIndex findLast flatMap join concat'.split(
    ' ',
  ),
);
const WRITERS = new Set('set add delete clear push unshift splice sort reverse fill'.split(' '));
const BOTH = new Set(['pop', 'shift']);
const ITERATION = new Set(['map', 'forEach', 'filter', 'flatMap', 'reduce', 'some', 'every', 'find']);
const LATER = new Set([
  'then',
  'catch',
  'finally',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'nextTick',
  'queueMicrotask',
  'on',
  'once',
  'addEventListener',
  'addListener',
]);
const LOCK = /lock|mutex|exclusive|semaphore|serial|synchron|critical/i;
/** A cache or store whose calls are awaited holds state outside the process. */
const REMOTE_STORE = /cache|store|redis|kv\b|session/i;
const MAX_ITEMS = 500;

/** Reads one function's body: words, calls, loops, SQL, and how it uses state around awaits. */
export function readFunction(entry: OutlineFunction, context: ReaderContext): FunctionFacts {
  const reader = new FunctionReader(entry, context);
  reader.readBody(entry.node);
  return reader.facts();
}

type Alias = { readonly key: StateKey; readonly whole: boolean };

class FunctionReader {
  private readonly flow = new StateFlow();
  private readonly text = new WordSet();
  private readonly body = new WordSet();
  private readonly sql: SqlText[] = [];
  private readonly loops: (LoopUse & { calls: string[] })[] = [];
  private readonly calls: CallUse[] = [];
  private readonly types = new Map<string, string>();
  private readonly locals = new Set<string>();
  private readonly aliases = new Map<string, Alias>();
  /** Innermost loops around the current node. */
  private readonly loopStack: { line: number; order: 'sequential' | 'parallel'; awaits: boolean; calls: string[] }[] =
    [];
  private params: (string | null)[] = [];
  private awaits = 0;
  private complexity = 1;
  private throws = false;

  constructor(
    private readonly entry: OutlineFunction,
    private readonly context: ReaderContext,
  ) {}

  facts(): FunctionFacts {
    const { flow, text, body, sql, loops, calls, types, params, awaits, complexity, throws } = this;
    return { flow, text, body, sql, loops, calls, types, params, awaits, complexity, throws };
  }

  readBody(node: FunctionSyntax): void {
    this.params = node.params.map((param) => this.parameter(param));
    this.inside(node);
  }

  private inside(node: FunctionSyntax): void {
    if (node.body.type === 'BlockStatement') for (const statement of node.body.body) this.visit(statement);
    else this.visit(node.body);
  }

  private parameter(node: Node): string | null {
    const inner = node.type === 'TSParameterProperty' ? node.parameter : node;
    const target = inner.type === 'AssignmentPattern' ? inner.left : inner;
    this.declare(target);
    if (inner.type === 'AssignmentPattern') this.visit(inner.right);
    if (target.type !== 'Identifier') return null;
    const type = typeName(target.typeAnnotation);
    if (type !== null) this.types.set(target.name, type);
    return target.name;
  }

  /** Enters the names of a pattern as locals, which hide state of the same name outside. */
  private declare(node: Node): void {
    if (node.type === 'Identifier') {
      this.locals.add(node.name);
      this.body.add(node.name);
      return;
    }
    for (const child of childrenOf(node)) {
      if (node.type === 'ObjectProperty' && child === node.key && !node.computed) continue;
      this.declare(child);
    }
  }

  private visit(node: Node): void {
    if (this.context.own.has(node)) {
      if (node.type === 'FunctionDeclaration' && node.id) this.locals.add(node.id.name);
      return;
    }
    const line = lineOf(node);
    switch (node.type) {
      case 'Identifier': {
        this.body.add(node.name);
        const key = this.keyOf(node);
        if (key) this.flow.read(key, line);
        const constant = this.locals.has(node.name) ? undefined : this.context.constants.get(node.name);
        if (constant !== undefined) this.literal(constant, line);
        return;
      }
      case 'StringLiteral':
        this.literal(node.value, line);
        return;
      case 'TemplateLiteral': {
        this.literal(textOfLiteral(node, this.context.constants) ?? '', line);
        for (const part of node.expressions) {
          // A constant's text is in the whole already.
          if (part.type === 'Identifier' && this.context.constants.has(part.name)) this.body.add(part.name);
          else this.visit(part);
        }
        return;
      }
      case 'VariableDeclarator':
        this.variable(node);
        return;
      case 'AssignmentExpression':
        this.assignment(node);
        return;
      case 'UpdateExpression': {
        const key = this.keyOf(node.argument);
        this.visit(node.argument);
        if (key) this.flow.write(key, line);
        return;
      }
      case 'UnaryExpression': {
        const key = node.operator === 'delete' ? this.keyOf(node.argument) : null;
        if (key) {
          this.flow.write(key, line);
          return;
        }
        this.visit(node.argument);
        return;
      }
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        this.member(node, line);
        return;
      case 'CallExpression':
      case 'OptionalCallExpression':
        this.call(node, false);
        return;
      case 'AwaitExpression':
        if (isCall(node.argument)) this.call(node.argument, true);
        else this.visit(node.argument);
        this.pause(line);
        return;
      case 'YieldExpression':
        if (node.argument) this.visit(node.argument);
        this.pause(line);
        return;
      case 'IfStatement':
      case 'ConditionalExpression': {
        this.complexity += 1;
        this.visit(node.test);
        const { alternate } = node;
        this.flow.branch(
          () => this.visit(node.consequent),
          () => alternate && this.visit(alternate),
        );
        return;
      }
      case 'LogicalExpression':
        this.complexity += 1;
        this.visit(node.left);
        this.flow.branch(
          () => undefined,
          () => this.visit(node.right),
        );
        return;
      case 'ReturnStatement':
      case 'ThrowStatement':
        if (node.argument) this.visit(node.argument);
        if (node.type === 'ThrowStatement') this.throws = true;
        this.flow.dead = true;
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
        this.flow.dead = true;
        return;
      case 'ForStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
        this.loop(node, line);
        return;
      case 'TryStatement': {
        const { handler, finalizer } = node;
        this.flow.branch(
          () => this.visit(node.block),
          () => {
            // Something in the block threw: whatever it awaited may have happened.
            if (!handler) return;
            this.flow.await(line);
            this.visit(handler.body);
          },
        );
        if (finalizer) this.visit(finalizer);
        return;
      }
      case 'SwitchStatement':
        this.visit(node.discriminant);
        this.flow.branch(
          () => undefined,
          ...node.cases.map((item) => () => {
            this.complexity += 1;
            const before = this.flow.dead;
            for (const statement of item.consequent) this.visit(statement);
            if (item.consequent.at(-1)?.type === 'BreakStatement') this.flow.dead = before;
          }),
        );
        return;
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'FunctionDeclaration':
        this.callback(node);
        return;
      case 'ObjectProperty':
        if (node.key.type === 'Identifier' && !node.computed) this.body.add(node.key.name);
        this.visit(node.value);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        return;
      default:
        eachChild(node, (child) => this.visit(child));
    }
  }

  private literal(text: string, line: number): void {
    if (text.length < 2) return;
    this.text.add(text);
    if (isSql(text) && this.sql.length < MAX_ITEMS) this.sql.push(analyseSql(text, line));
  }

  private pause(line: number): void {
    this.awaits += 1;
    for (const loop of this.loopStack) loop.awaits = true;
    this.flow.await(line);
  }

  private variable(node: VariableDeclarator): void {
    const { init, id } = node;
    if (init) this.visit(init);
    this.declare(id);
    if (!init || this.context.own.has(unwrap(init))) return;
    const value = unwrap(init);
    if (id.type === 'Identifier') {
      const alias = this.aliasOf(value);
      if (alias) this.aliases.set(id.name, alias);
      const type = typeName(id.typeAnnotation) ?? typeOfValue(value);
      if (type !== null) this.types.set(id.name, type);
    } else if (id.type === 'ObjectPattern' && value.type === 'ThisExpression') {
      for (const property of id.properties) {
        if (property.type !== 'ObjectProperty' || property.value.type !== 'Identifier') continue;
        const name = keyName(property.key, property.computed);
        if (name === null) continue;
        const key: StateKey = { root: 'this', path: name, external: false };
        this.flow.read(key, lineOf(property));
        this.aliases.set(property.value.name, { key, whole: true });
      }
    }
  }

  private assignment(node: AssignmentExpression): void {
    const left = unwrap(node.left);
    const line = lineOf(node);
    const key = this.keyOf(left);
    if (node.operator !== '=') this.visit(left);
    else this.targetParts(left);
    const value = unwrap(node.right);
    const write = (): void => {
      if (key) this.flow.write(key, line, isConstant(value));
    };
    if (/^(?:\|\||&&|\?\?)=$/.test(node.operator)) {
      this.flow.branch(
        () => undefined,
        () => {
          this.visit(value);
          write();
        },
      );
      return;
    }
    this.visit(value);
    write();
    if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
      for (const leaf of leavesOf(left)) {
        const leafKey = this.keyOf(leaf);
        if (leafKey) this.flow.write(leafKey, line);
      }
    }
  }

  /** Words and computed keys of an assignment's target, without reading the target itself. */
  private targetParts(node: Node): void {
    if (node.type === 'Identifier') this.body.add(node.name);
    if (node.type !== 'MemberExpression') return;
    if (node.computed) this.visit(node.property);
    else if (node.property.type === 'Identifier') this.body.add(node.property.name);
    this.targetParts(unwrap(node.object));
  }

  private member(node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' }, line: number): void {
    const key = this.keyOf(node);
    this.memberWords(node);
    if (key) this.flow.read(key, line);
    else this.visit(node.object);
  }

  /** Words along a member chain; computed keys are visited as the expressions they are. */
  private memberWords(node: Node): void {
    let at = unwrap(node);
    while (at.type === 'MemberExpression' || at.type === 'OptionalMemberExpression') {
      if (at.computed) this.visit(at.property);
      else if (at.property.type === 'Identifier') this.body.add(at.property.name);
      else if (at.property.type === 'PrivateName') this.body.add(at.property.id.name);
      at = unwrap(at.object);
    }
  }

  private call(node: CallExpression | OptionalCallExpression, awaited: boolean): void {
    const callee = unwrap(node.callee);
    const line = lineOf(node);
    const path = memberPath(callee);
    const method =
      callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression'
        ? keyName(callee.property, callee.computed)
        : path?.[0];
    const object =
      callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression' ? callee.object : null;
    const state = object && method ? this.collectionKey(object, method, awaited) : null;
    if (state || path !== null) this.memberWords(callee);
    else this.visit(callee);
    if (path?.length === 1 && path[0]) this.body.add(path[0]);
    if (method && state && (READERS.has(method) || BOTH.has(method))) this.flow.read(state, line);
    // `rows.map(...)` reads `rows`; `this.repo.find()` does not read `this.repo` as state.
    const guard = path !== null && LOCK.test(path.join('.'));
    if (guard) this.flow.guards += 1;
    const before = this.sql.length;
    const iterates = method !== undefined && method !== null && ITERATION.has(method) && object !== null;
    for (const argument of node.arguments) {
      if (iterates && isFunction(argument) && !this.context.own.has(argument)) this.iteration(argument, line);
      else if (method && LATER.has(method) && isFunction(argument) && !this.context.own.has(argument)) {
        this.flow.later(line, () => this.callback(argument));
      } else this.visit(argument);
    }
    if (guard) this.flow.guards -= 1;
    if (method && state && (WRITERS.has(method) || BOTH.has(method))) this.flow.write(state, line);
    const sibling = path?.length === 2 && path[0] === 'this' ? this.context.methods.get(path[1] as string) : undefined;
    for (const key of sibling?.reads ?? []) this.flow.read(key, line);
    for (const key of sibling?.writes ?? []) this.flow.write(key, line);
    if (!state) this.record(path, method ?? null, line, awaited, this.sql.length > before);
  }

  private record(path: string[] | null, method: string | null, line: number, awaited: boolean, hasSql: boolean): void {
    const name = path?.join('.') ?? (method === null ? null : `?.${method}`);
    if (name === null || this.calls.length >= MAX_ITEMS) return;
    const inLoop = this.loopStack.length > 0;
    this.calls.push({ name, line, awaited, inLoop, query: isQueryCall(name, hasSql) });
    for (const loop of this.loopStack) loop.calls.push(name);
  }

  /** The function itself runs once per element, so it is a loop. */
  private iteration(node: Node & FunctionSyntax, line: number): void {
    this.complexity += 1;
    this.enterLoop(line, node.async ? 'parallel' : 'sequential', () =>
      this.flow.branch(
        () => undefined,
        () => this.callback(node),
      ),
    );
  }

  private callback(node: FunctionSyntax): void {
    for (const param of node.params) this.declare(param);
    const dead = this.flow.dead;
    this.inside(node);
    this.flow.dead = dead;
  }

  private loop(
    node: Node & { type: 'ForStatement' | 'WhileStatement' | 'DoWhileStatement' | 'ForOfStatement' | 'ForInStatement' },
    line: number,
  ): void {
    this.complexity += 1;
    if (node.type === 'ForStatement') {
      if (node.init) this.visit(node.init);
    } else if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') {
      this.visit(node.right);
      if (node.left.type === 'VariableDeclaration') for (const item of node.left.declarations) this.declare(item.id);
    }
    this.enterLoop(line, 'sequential', () => {
      if (node.type === 'ForOfStatement' && node.await) this.pause(line);
      if ((node.type === 'ForStatement' || node.type === 'WhileStatement') && node.test) this.visit(node.test);
      this.flow.branch(
        () => undefined,
        () => {
          this.visit(node.body);
          if (node.type === 'ForStatement' && node.update) this.visit(node.update);
          if (node.type === 'DoWhileStatement') this.visit(node.test);
        },
      );
    });
  }

  private enterLoop(line: number, order: 'sequential' | 'parallel', run: () => void): void {
    const loop = { line, order, awaits: order === 'parallel', calls: [] as string[] };
    this.loopStack.push(loop);
    run();
    this.loopStack.pop();
    if (loop.calls.length > 0 && this.loops.length < MAX_ITEMS)
      this.loops.push({ ...loop, calls: [...new Set(loop.calls)] });
  }

  /** State that a variable stands for: `const slots = this.slots` (the whole), `const slot = this.slots.get(k)` (a part). */
  private aliasOf(node: Node): Alias | null {
    const value = unwrap(node);
    if (value.type === 'LogicalExpression') return this.aliasOf(value.left);
    if (value.type === 'AwaitExpression') return null;
    if (isCall(value)) {
      const callee = unwrap(value.callee);
      if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return null;
      const method = keyName(callee.property, callee.computed);
      if (method === null || !/^(?:get|find|at|findLast)$/.test(method)) return null;
      const key = this.collectionKey(callee.object, method, false);
      return key && { key, whole: false };
    }
    if (value.type === 'Identifier') return this.aliases.get(value.name) ?? null;
    const key = this.keyOf(value);
    if (!key) return null;
    const computed = (value.type === 'MemberExpression' || value.type === 'OptionalMemberExpression') && value.computed;
    return { key, whole: !computed };
  }

  /** The state a collection method works on, when its receiver is state that can be a collection. */
  private collectionKey(object: Node, method: string, awaited: boolean): StateKey | null {
    if (!READERS.has(method) && !WRITERS.has(method) && !BOTH.has(method)) return null;
    const key = this.keyOf(object, true);
    if (!key) return null;
    const type = key.root === 'this' ? (this.entry.owner?.fields.get(key.path)?.type ?? null) : null;
    if (type !== null && isCollection(type)) return key;
    if (awaited) return REMOTE_STORE.test(`${key.path} ${type ?? ''}`) ? { ...key, external: true } : null;
    return type === null ? key : null;
  }

  /**
   * The state that an expression denotes, null when it denotes none. Paths have at most two names.
   * @param receiver the expression is what a member is taken of; only there does a local copy of a reference still mean
   * the shared state
   */
  private keyOf(node: Node, receiver = false): StateKey | null {
    const inner = unwrap(node);
    if (inner.type === 'Identifier') {
      const alias = this.aliases.get(inner.name);
      if (alias?.whole && receiver) return alias.key;
      if (this.locals.has(inner.name) || !this.context.variables.has(inner.name)) return null;
      return { root: 'outer', path: inner.name, external: false };
    }
    if (inner.type !== 'MemberExpression' && inner.type !== 'OptionalMemberExpression') return null;
    const object = unwrap(inner.object);
    const name = keyName(inner.property, inner.computed);
    if (object.type === 'ThisExpression') return name === null ? null : { root: 'this', path: name, external: false };
    if (object.type === 'Identifier') {
      const alias = this.aliases.get(object.name);
      if (alias && !alias.whole) return alias.key;
    }
    const parent = this.keyOf(object, true);
    if (!parent) return null;
    const deeper =
      name !== null && !/^(?:size|length)$/.test(name) && !parent.path.includes('.') && parent.root === 'this';
    return deeper ? { ...parent, path: `${parent.path}.${name}` } : parent;
  }
}

const lineOf = (node: Node): number => node.loc?.start.line ?? 0;

function isCall(node: Node): node is CallExpression | OptionalCallExpression {
  return node.type === 'CallExpression' || node.type === 'OptionalCallExpression';
}

function isFunction(node: Node): node is Node & FunctionSyntax {
  return node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

function isConstant(node: Node): boolean {
  return (
    /^(?:Boolean|Null|Numeric|String)Literal$/.test(node.type) ||
    (node.type === 'Identifier' && node.name === 'undefined')
  );
}

/** Assignable leaves of a destructuring pattern. */
function leavesOf(node: Node): Node[] {
  if (node.type === 'MemberExpression' || node.type === 'Identifier') return [node];
  return childrenOf(node).flatMap((child) =>
    node.type === 'ObjectProperty' && child === node.key ? [] : leavesOf(child),
  );
}
