import type { BinaryOperator, ExpressionTree, UnaryOperator } from '../plan/expression-tree.ts';

/** What `this` and `args` mean for one call. */
export interface EvaluationRoots {
  readonly self: unknown;
  readonly args: ArrayLike<unknown>;
}

/**
 * Reads one property without side effects: no getter runs, no Proxy trap fires; undefined where that is impossible.
 * `key` is never `__proto__`, `constructor` or `prototype`.
 */
export type ReadProperty = (object: object, key: string | number) => unknown;

/**
 * Value of a checked condition. Never throws, never runs application code, never coerces an object: comparison or
 * arithmetic with an object, a function or a symbol gives undefined, so that the condition is false. The exceptions are
 * `===` and `!==`, which compare identity, and comparison with null. BigInts compare, add and subtract only, because the
 * other operators can be made to take unbounded time.
 */
export function evaluate(tree: ExpressionTree, roots: EvaluationRoots, read: ReadProperty): unknown {
  try {
    return interpret(tree, roots, read);
  } catch {
    return undefined;
  }
}

function interpret(tree: ExpressionTree, roots: EvaluationRoots, read: ReadProperty): unknown {
  switch (tree.kind) {
    case 'literal':
      return tree.value;
    case 'undefined':
    case 'name':
      return undefined;
    case 'bigint':
      return BigInt(tree.digits);
    case 'root':
      return tree.root === 'this' ? roots.self : roots.args;
    case 'member': {
      const key = interpret(tree.key, roots, read);
      if (typeof key !== 'string' && typeof key !== 'number') return undefined;
      if (tree.object.kind === 'root' && tree.object.root === 'args') return argument(roots.args, key);
      return member(interpret(tree.object, roots, read), key, read);
    }
    case 'unary':
      return unary(tree.operator, interpret(tree.operand, roots, read));
    case 'binary':
      return binary(tree.operator, interpret(tree.left, roots, read), interpret(tree.right, roots, read));
    case 'logical': {
      const left = interpret(tree.left, roots, read);
      if (tree.operator === '&&') return left ? interpret(tree.right, roots, read) : left;
      if (tree.operator === '||') return left ? left : interpret(tree.right, roots, read);
      return left === null || left === undefined ? interpret(tree.right, roots, read) : left;
    }
  }
}

/** `args` is the agent's own list, so it is read directly. */
function argument(args: ArrayLike<unknown>, key: string | number): unknown {
  if (key === 'length') return args.length;
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < args.length ? args[index] : undefined;
}

function member(object: unknown, key: string | number, read: ReadProperty): unknown {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') return undefined;
  if (typeof object === 'string') {
    if (key === 'length') return object.length;
    const index = Number(key);
    return Number.isInteger(index) ? object[index] : undefined;
  }
  return isReference(object) ? read(object, key) : undefined;
}

function isReference(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Values whose conversion could run application code (objects) or throw (symbols). */
function isOpaque(value: unknown): boolean {
  return isReference(value) || typeof value === 'symbol';
}

function unary(operator: UnaryOperator, value: unknown): unknown {
  if (operator === 'typeof') return typeof value;
  if (operator === '!') return !value;
  if (isOpaque(value)) return undefined;
  if (typeof value === 'bigint') return operator === '-' ? -value : undefined;
  const number = Number(value);
  return operator === '-' ? -number : operator === '~' ? ~number : number;
}

/** Operands after the checks; JavaScript's own operators then convert primitives as usual. */
type Operand = number;

function binary(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  if (operator === '===') return left === right;
  if (operator === '!==') return left !== right;
  if (operator === '==' || operator === '!=') return looseEqual(left, right, operator === '==');
  if (isOpaque(left) || isOpaque(right)) return undefined;
  const a = left as Operand;
  const b = right as Operand;
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '+':
      return a + b;
    case '-':
      return a - b;
  }
  if (typeof left === 'bigint' || typeof right === 'bigint') return undefined;
  switch (operator) {
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '**':
      return a ** b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    case '>>>':
      return a >>> b;
  }
}

function looseEqual(left: unknown, right: unknown, wanted: boolean): unknown {
  if (left === null || left === undefined || right === null || right === undefined) {
    return ((left ?? null) === (right ?? null)) === wanted;
  }
  if (isOpaque(left) || isOpaque(right)) {
    if (isReference(left) === isReference(right)) return (left === right) === wanted;
    return undefined;
  }
  // biome-ignore lint/suspicious/noDoubleEquals: the plan's author wrote ==, and both operands are primitives.
  return (left == right) === wanted;
}
