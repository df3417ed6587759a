import type { CallExpression, Node } from '@babel/types';
import type { RouteAnalysis } from './model.ts';
import { keyName, memberPath, textOfLiteral, unwrap } from './syntax.ts';

const METHODS: Readonly<Record<string, string>> = {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  del: 'DELETE',
  options: 'OPTIONS',
  head: 'HEAD',
  all: 'ALL',
};

/** A route as frameworks declare it, with the handlers that are written in place. */
export interface FoundRoute {
  readonly analysis: RouteAnalysis;
  readonly inline: readonly Node[];
}

/**
 * The route that a call declares: `app.get('/x', handler)` as in Fastify, Express, Koa's router and Hono, or Fastify's
 * `app.route({ method, url, handler })`; null for any other call.
 */
export function routeOf(node: CallExpression, constants: ReadonlyMap<string, string>): FoundRoute | null {
  const callee = unwrap(node.callee);
  if (callee.type !== 'MemberExpression') return null;
  const name = keyName(callee.property, callee.computed);
  const [first] = node.arguments;
  if (name === null || first === undefined) return null;
  const line = node.loc?.start.line ?? 1;
  if (name === 'route' && first.type === 'ObjectExpression') return routeObject(first, line, constants);
  const method = METHODS[name];
  const path = textOfLiteral(first, constants);
  if (method === undefined || path === null || !(path.startsWith('/') || path === '*')) return null;
  const handlers = node.arguments.slice(1).flatMap((argument) => handlersIn(argument));
  return handlers.length === 0 ? null : found(method, path, line, handlers);
}

function routeObject(
  node: Node & { type: 'ObjectExpression' },
  line: number,
  constants: ReadonlyMap<string, string>,
): FoundRoute | null {
  let method = 'ALL';
  let path: string | null = null;
  let handlers: Node[] = [];
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') continue;
    const key = keyName(property.key, property.computed);
    if (property.type === 'ObjectMethod') {
      if (key === 'handler') handlers = [property];
    } else if (key === 'method') method = textOfLiteral(property.value, constants)?.toUpperCase() ?? method;
    else if (key === 'url' || key === 'path') path = textOfLiteral(property.value, constants);
    else if (key === 'handler') handlers = handlersIn(property.value);
  }
  return path === null || handlers.length === 0 ? null : found(method, path, line, handlers);
}

function handlersIn(node: Node): Node[] {
  const value = unwrap(node);
  switch (value.type) {
    case 'ArrayExpression':
      return value.elements.flatMap((element) => (element === null ? [] : handlersIn(element)));
    case 'CallExpression':
      // `wrap(handler)`, `controller.show.bind(controller)`.
      return [...handlersIn(value.callee), ...value.arguments.flatMap((argument) => handlersIn(argument))];
    case 'Identifier':
    case 'MemberExpression':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [value];
    default:
      return [];
  }
}

function found(method: string, path: string, line: number, handlers: readonly Node[]): FoundRoute {
  const inline = handlers.filter((node) => /FunctionExpression$|^ObjectMethod$/.test(node.type));
  const named = handlers.flatMap(
    (node) =>
      memberPath(node)
        ?.filter((part) => part !== 'bind')
        .join('.') ?? [],
  );
  const names = inline.length > 0 ? [...named, `${method} ${path}`] : named;
  return { analysis: { method, path, line, handlers: names }, inline };
}
