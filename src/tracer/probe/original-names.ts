import { readFile } from 'node:fs/promises';
import { parse } from '@babel/parser';
import type { SourceLocation } from '../event/location.ts';
import type { FunctionNode } from './function-index.ts';

interface Span {
  readonly name: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}
type Tree = {
  type: string;
  loc?: { start: { line: number; column: number }; end: { line: number; column: number } } | null;
} & Record<string, unknown>;

const MAX_TEXT = 5 << 20;

/**
 * Names of functions in the author's own source, for code whose names a bundler or minifier changed: a lookup from the
 * original position of a function's body to the qualified name of the innermost function there. null when the original
 * text is not to be had, so that the generated names stand.
 */
export async function namesInOriginal(
  file: string,
  embedded: string | null,
): Promise<((position: SourceLocation, node: FunctionNode) => string | null) | null> {
  const text = embedded ?? (await readFile(file, 'utf8').catch(() => null));
  if (text === null || text.length > MAX_TEXT) return null;
  const spans = spansOf(text, file);
  if (spans === null) return null;
  return (position, node) => {
    if (node.name.includes('<') && spans.length === 0) return null;
    const innermost = spans.filter((span) => contains(span, position)).sort((a, b) => size(a) - size(b))[0];
    return innermost?.name ?? null;
  };
}

function contains(span: Span, at: SourceLocation): boolean {
  if (at.line < span.startLine || at.line > span.endLine) return false;
  if (at.line === span.startLine && at.column < span.startColumn) return false;
  return !(at.line === span.endLine && at.column >= span.endColumn);
}

const size = (span: Span) => (span.endLine - span.startLine) * 1e5 + (span.endColumn - span.startColumn);

function spansOf(text: string, file: string): Span[] | null {
  const jsx = /\.[jt]sx$|\.m?js$/.test(file);
  try {
    const tree = parse(text, {
      sourceType: 'unambiguous',
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      plugins: [
        /\.[cm]?tsx?$/.test(file) ? 'typescript' : 'flow',
        ...(jsx ? (['jsx'] as const) : []),
        'decorators-legacy',
        'explicitResourceManagement',
      ],
    });
    const spans: Span[] = [];
    walk(tree.program as unknown as Tree, null, null, spans);
    return spans;
  } catch {
    return null;
  }
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);

/** `given` is the name the place gives to a value standing there; `owner` the enclosing class or object. */
function walk(node: Tree, owner: string | null, given: string | null, spans: Span[]): void {
  let inner = owner;
  let name = given;
  switch (node.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
      inner = given ?? idOf(node) ?? '<class>';
      name = null;
      break;
    case 'ClassMethod':
    case 'ClassPrivateMethod':
    case 'ObjectMethod':
      name = join(owner, keyOf(node) ?? '<computed>');
      break;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      name = given ?? idOf(node) ?? '<anonymous>';
      break;
    case 'ObjectExpression':
      inner = given;
      name = null;
      break;
    default:
      name = null;
  }
  if (FUNCTIONS.has(node.type) && node.loc) {
    spans.push({
      name: name as string,
      startLine: node.loc.start.line,
      startColumn: node.loc.start.column,
      endLine: node.loc.end.line,
      endColumn: node.loc.end.column,
    });
    inner = null;
  }
  for (const [field, value] of Object.entries(node)) {
    if (field === 'loc' || field === 'key') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isTree(child)) walk(child, inner, givenTo(node, field, inner), spans);
    }
  }
}

function givenTo(node: Tree, field: string, owner: string | null): string | null {
  if (node.type === 'VariableDeclarator' && field === 'init')
    return isTree(node.id) && node.id.type === 'Identifier' ? (node.id.name as string) : null;
  if (node.type === 'AssignmentExpression' && field === 'right') return isTree(node.left) ? pathOf(node.left) : null;
  if (
    (node.type === 'ObjectProperty' || node.type === 'ClassProperty' || node.type === 'ClassPrivateProperty') &&
    field === 'value'
  )
    return join(owner, keyOf(node) ?? '<computed>');
  if (node.type === 'ExportDefaultDeclaration')
    return isTree(node.declaration) ? (idOf(node.declaration) ?? 'default') : null;
  return null;
}

function pathOf(node: Tree): string | null {
  if (node.type === 'Identifier') return node.name as string;
  if (node.type !== 'MemberExpression' || node.computed === true || !isTree(node.object) || !isTree(node.property))
    return null;
  const key = node.property.name as string;
  const object = node.object.type === 'ThisExpression' ? '' : pathOf(node.object);
  if (object === null) return null;
  return object === '' || object === 'exports' || object === 'module.exports'
    ? key
    : `${object.replace(/\.prototype$/, '')}.${key}`;
}

const join = (owner: string | null, key: string) => (owner === null ? key : `${owner}.${key}`);
const idOf = (node: Tree): string | null => (isTree(node.id) ? (node.id.name as string) : null);
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function keyOf(node: Tree): string | null {
  const key = node.key;
  if (!isTree(key)) return null;
  if (key.type === 'PrivateName') return `#${(key.id as Tree).name as string}`;
  if (key.type === 'StringLiteral' || key.type === 'NumericLiteral') return String(key.value);
  return node.computed !== true && key.type === 'Identifier' ? (key.name as string) : null;
}
