import { type ParserOptions, parse } from '@babel/parser';
import type { Comment, Node, Program } from '@babel/types';
import { textOf } from '../../error/error.ts';

export interface Syntax {
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly error: string | null;
}

/** Parses TypeScript or JavaScript; recovers from errors where the parser can, null where it cannot. */
export function parseSource(path: string, text: string): Syntax | { readonly program: null; readonly error: string } {
  try {
    const file = parse(text, { ...OPTIONS, plugins: pluginsFor(path) });
    const first = file.errors?.[0];
    return { program: file.program, comments: file.comments ?? [], error: first ? textOf(first) : null };
  } catch (error) {
    return { program: null, error: textOf(error) };
  }
}

const OPTIONS: ParserOptions = {
  sourceType: 'unambiguous',
  errorRecovery: true,
  attachComment: false,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowUndeclaredExports: true,
};

function pluginsFor(path: string): NonNullable<ParserOptions['plugins']> {
  const typescript = /\.(?:[cm]?ts|tsx)$/.test(path);
  const jsx = !/\.[cm]?ts$/.test(path);
  return [
    ...(typescript ? (['typescript'] as const) : []),
    ...(jsx ? (['jsx'] as const) : []),
    'decorators-legacy',
    'explicitResourceManagement',
  ];
}

/** Fields that hold types, positions or comments, which say nothing about what runs. */
const IGNORED = new Set([
  ...[
    'type',
    'start',
    'end',
    'loc',
    'range',
    'extra',
    'errors',
    'leadingComments',
    'trailingComments',
    'innerComments',
  ],
  ...[
    'typeAnnotation',
    'typeParameters',
    'typeArguments',
    'returnType',
    'superTypeParameters',
    'implements',
    'predicate',
  ],
]);

/** Calls `visit` for each child node in source order, types left out. The hot path of the analysis: allocates nothing. */
export function eachChild(node: Node, visit: (child: Node) => void): void {
  const fields = node as unknown as Record<string, unknown>;
  for (const key in fields) {
    const value = fields[key];
    if (value === null || typeof value !== 'object' || IGNORED.has(key)) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

/** Child nodes in source order, types left out. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  eachChild(node, (child) => children.push(child));
  return children;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The expression inside parentheses, `as`, `satisfies`, `!` and type assertions. */
export function unwrap<T extends Node>(node: T): Node {
  let inner: Node = node;
  for (;;) {
    switch (inner.type) {
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
      case 'TSInstantiationExpression':
        inner = inner.expression;
        continue;
      default:
        return inner;
    }
  }
}

/** Name of a property or member key: identifier, string, number, `#private`; null when computed. */
export function keyName(key: Node, computed: boolean): string | null {
  if (key.type === 'StringLiteral') return key.value;
  if (key.type === 'NumericLiteral') return String(key.value);
  if (key.type === 'PrivateName') return `#${key.id.name}`;
  return !computed && key.type === 'Identifier' ? key.name : null;
}

/** `a.b.c` as `['a','b','c']`, with `this` as its own word; null for anything that is computed or called. */
export function memberPath(node: Node): string[] | null {
  const inner = unwrap(node);
  if (inner.type === 'Identifier') return [inner.name];
  if (inner.type === 'ThisExpression') return ['this'];
  if (inner.type === 'Super') return ['super'];
  if (inner.type !== 'MemberExpression' && inner.type !== 'OptionalMemberExpression') return null;
  const object = memberPath(inner.object);
  const key = keyName(inner.property, inner.computed);
  return object === null || key === null ? null : [...object, key];
}

/** The class a type annotation names (`TaskRepository`, `Pick<...>` is none), for resolving calls. */
export function typeName(annotation: Node | null | undefined): string | null {
  if (!annotation) return null;
  if (annotation.type === 'TSTypeAnnotation') return typeName(annotation.typeAnnotation);
  if (annotation.type === 'TSArrayType') return 'array';
  if (annotation.type !== 'TSTypeReference') return null;
  return annotation.typeName.type === 'Identifier' ? annotation.typeName.name : null;
}

/**
 * Text of a string literal, a concatenation or a template; parts that are not constant stand as `?`.
 * @param constants texts of the file's own constants, by name
 * @returns null when nothing of it is text
 */
export function textOfLiteral(node: Node, constants: ReadonlyMap<string, string>): string | null {
  const inner = unwrap(node);
  switch (inner.type) {
    case 'StringLiteral':
      return inner.value;
    case 'Identifier':
      return constants.get(inner.name) ?? null;
    case 'TemplateLiteral':
      return inner.quasis
        .map((part, index) => {
          const next = inner.expressions[index];
          const value = next === undefined ? '' : (textOfLiteral(next, constants) ?? '?');
          return (part.value.cooked ?? part.value.raw) + value;
        })
        .join('');
    case 'BinaryExpression': {
      if (inner.operator !== '+') return null;
      const left = textOfLiteral(inner.left, constants);
      const right = textOfLiteral(inner.right, constants);
      return left === null && right === null ? null : `${left ?? '?'}${right ?? '?'}`;
    }
    default:
      return null;
  }
}
