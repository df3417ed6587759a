import { type Expression, type Node, parseExpressionAt, tokenizer } from 'acorn';
import { expressionInvalid, quoted } from '../error/plan-errors.ts';
import {
  BINARY_OPERATORS,
  type BinaryOperator,
  type ExpressionTree,
  LOGICAL_OPERATORS,
  type LogicalOperator,
  UNARY_OPERATORS,
  type UnaryOperator,
} from './expression-tree.ts';

export type { ExpressionTree } from './expression-tree.ts';

const MAX_EXPRESSION_LENGTH = 1_000;
const MAX_DEPTH = 32;
const MAX_NODES = 200;

/** Keys that lead from a value to code or to shared prototypes. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a property of this name may be read by a plan. */
export function isAllowedKey(key: string): boolean {
  return !FORBIDDEN_KEYS.has(key);
}

/** Names that mean the realm's globals or a module's own bindings; a parameter called so is reached as `args[n]`. */
const GLOBALS: ReadonlySet<string> = new Set(
  `AggregateError Array ArrayBuffer AsyncFunction Atomics BigInt BigInt64Array BigUint64Array Blob Boolean Buffer DataView Date Error EvalError
   EventTarget FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map
   Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError
   URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly arguments clearImmediate clearInterval
   clearTimeout console eval exports fetch global globalThis isFinite isNaN module parseFloat parseInt process queueMicrotask require
   return setImmediate setInterval setTimeout structuredClone window self __dirname __filename`.split(/\s+/),
);

const REFUSED: Readonly<Record<string, string>> = {
  CallExpression: 'calls a function',
  NewExpression: 'creates an object with new',
  ImportExpression: 'imports a module',
  AssignmentExpression: 'assigns',
  UpdateExpression: 'changes a value with ++ or --',
  TemplateLiteral: 'uses a template literal',
  TaggedTemplateExpression: 'uses a template literal',
  FunctionExpression: 'defines a function',
  ArrowFunctionExpression: 'defines a function',
  ClassExpression: 'defines a class',
  AwaitExpression: 'uses await',
  YieldExpression: 'uses yield',
  SequenceExpression: 'uses the comma operator',
  ConditionalExpression: 'uses ?:',
  ObjectExpression: 'builds an object',
  ArrayExpression: 'builds an array',
  SpreadElement: 'uses spread',
  MetaProperty: 'uses a meta property',
  Super: 'uses super',
  PrivateIdentifier: 'reads a private field, which no code outside its class can reach',
};

const ALLOWED =
  'only literals, this, args, parameter names, property reads, comparisons, && || ?? !, arithmetic and typeof are allowed';

/**
 * Parses a `when` condition into the tree that the agent interprets.
 *
 * Names other than `this`, `args` and `undefined` stay `name` nodes until `resolveNames` knows the parameters.
 * @throws NodeScopeError `plan.expression` when the text is no expression, too long (1,000 characters), too deep (32
 * levels), too large (200 nodes), or uses anything outside the safe subset.
 */
export function parseExpression(text: string): ExpressionTree {
  return new Walk(text).convert(parseText(text), 0);
}

/**
 * Replaces parameter names by reads of `args`; `params[i]` is the name of the i-th parameter, null when it has none
 * (destructured) or is a rest parameter.
 * @throws NodeScopeError `plan.expression` for a name that is no parameter.
 */
export function resolveNames(text: string, tree: ExpressionTree, params: readonly (string | null)[]): ExpressionTree {
  const resolve = (node: ExpressionTree): ExpressionTree => {
    switch (node.kind) {
      case 'name': {
        const index = params.indexOf(node.name);
        if (index < 0) {
          const known = params.filter((name) => name !== null);
          const parameters = known.length > 0 ? `its parameters are ${known.join(', ')}` : 'it has no named parameters';
          throw expressionInvalid(text, `names ${node.name}, which is no parameter of the function: ${parameters}`);
        }
        const key: ExpressionTree = { kind: 'literal', value: index };
        return { kind: 'member', object: { kind: 'root', root: 'args' }, key };
      }
      case 'member':
        return { ...node, object: resolve(node.object), key: resolve(node.key) };
      case 'unary':
        return { ...node, operand: resolve(node.operand) };
      case 'binary':
      case 'logical':
        return { ...node, left: resolve(node.left), right: resolve(node.right) };
      case 'literal':
      case 'undefined':
      case 'bigint':
      case 'root':
        return node;
    }
  };
  return resolve(tree);
}

const ACORN_OPTIONS = {
  ecmaVersion: 2023,
  sourceType: 'module',
  allowAwaitOutsideFunction: true,
  preserveParens: true,
} as const;

/** The syntax tree of one expression that fills the whole text. */
function parseText(text: string): Expression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw expressionInvalid(text, `is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  let node: Expression;
  try {
    refuseComments(text);
    node = parseExpressionAt(text, 0, ACORN_OPTIONS);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw expressionInvalid(text, `is not a JavaScript expression (${error.message.replace(/ \(\d+:\d+\)$/, '')})`);
  }
  const rest = text.slice(node.end).trim();
  if (rest !== '') throw expressionInvalid(text, `must be one expression, but goes on with ${quoted(rest, 20)}`);
  return node;
}

/** Comments are refused, so that what a reviewer sees at first glance is all there is. */
function refuseComments(text: string): void {
  const onComment = (): void => {
    throw expressionInvalid(text, 'holds a comment; put explanations into "because"');
  };
  for (const _token of tokenizer(text, { ...ACORN_OPTIONS, onComment }));
}

class Walk {
  private nodes = 0;

  constructor(private readonly text: string) {}

  convert(node: Node, depth: number): ExpressionTree {
    this.nodes += 1;
    if (this.nodes > MAX_NODES) throw expressionInvalid(this.text, `has more than ${MAX_NODES} parts`);
    if (depth > MAX_DEPTH) throw expressionInvalid(this.text, `is nested deeper than ${MAX_DEPTH} levels`);
    const expression = node as Expression;
    switch (expression.type) {
      case 'Literal':
        return this.literal(expression);
      case 'ThisExpression':
        return { kind: 'root', root: 'this' };
      case 'Identifier':
        return this.name(expression.name);
      case 'ChainExpression':
        return this.convert(expression.expression, depth + 1);
      case 'ParenthesizedExpression':
        return this.convert(expression.expression, depth + 1);
      case 'MemberExpression': {
        const object = this.convert(expression.object, depth + 1);
        const key = expression.computed
          ? this.convert(expression.property, depth + 1)
          : this.property(expression.property);
        if (key.kind === 'literal') this.checkKey(key.value);
        return { kind: 'member', object, key };
      }
      case 'UnaryExpression':
        if (!isOneOf(UNARY_OPERATORS, expression.operator)) return this.refuse(`uses ${expression.operator}`);
        return {
          kind: 'unary',
          operator: expression.operator as UnaryOperator,
          operand: this.convert(expression.argument, depth + 1),
        };
      case 'BinaryExpression':
        if (!isOneOf(BINARY_OPERATORS, expression.operator)) return this.refuse(`uses ${expression.operator}`);
        return {
          kind: 'binary',
          operator: expression.operator as BinaryOperator,
          left: this.convert(expression.left, depth + 1),
          right: this.convert(expression.right, depth + 1),
        };
      case 'LogicalExpression':
        if (!isOneOf(LOGICAL_OPERATORS, expression.operator)) return this.refuse(`uses ${expression.operator}`);
        return {
          kind: 'logical',
          operator: expression.operator as LogicalOperator,
          left: this.convert(expression.left, depth + 1),
          right: this.convert(expression.right, depth + 1),
        };
      default:
        return this.refuse(REFUSED[node.type] ?? `uses ${node.type}`);
    }
  }

  private literal(node: Extract<Expression, { type: 'Literal' }>): ExpressionTree {
    if (node.regex) return this.refuse('uses a regular expression');
    if (typeof node.bigint === 'string') return { kind: 'bigint', digits: BigInt(node.bigint).toString() };
    const value = node.value;
    if (typeof value === 'number' && !Number.isFinite(value)) return this.refuse('holds a number that is too large');
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'literal', value };
    }
    return this.refuse('holds a literal of an unknown kind');
  }

  private name(name: string): ExpressionTree {
    if (name === 'args') return { kind: 'root', root: 'args' };
    if (name === 'undefined') return { kind: 'undefined' };
    if (GLOBALS.has(name)) {
      return this.refuse(`names the global ${name}; a parameter of that name is written args[n]`);
    }
    this.checkKey(name);
    return { kind: 'name', name };
  }

  private property(node: Node): ExpressionTree {
    if (node.type === 'Identifier') return { kind: 'literal', value: (node as Node & { name: string }).name };
    return this.refuse(REFUSED[node.type] ?? `uses ${node.type}`);
  }

  private checkKey(key: string | number | boolean | null): void {
    if (typeof key === 'string' && !isAllowedKey(key)) this.refuse(`reads ${key}`);
    if (typeof key === 'boolean' || key === null) this.refuse(`uses ${String(key)} as a property name`);
  }

  private refuse(what: string): never {
    throw expressionInvalid(this.text, `${what}, which a plan may not do: ${ALLOWED}`);
  }
}

function isOneOf(list: readonly string[], operator: string): boolean {
  return list.includes(operator);
}
