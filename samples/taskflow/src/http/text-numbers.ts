import type { FastifyInstance } from 'fastify';

// Beyond it, a number is no longer the one that was written.
const WHOLE = /^-?\d{1,15}$/;

/** Paths and queries are text: where a route's schema wants a whole number there, digits are made one before it looks. */
export function textNumbers(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const { schema } = request.routeOptions;
    convert(request.params, schema?.params);
    convert(request.query, schema?.querystring);
  });
}

function convert(values: unknown, schema: unknown): void {
  const { properties } = (schema ?? {}) as { properties?: Record<string, { type?: unknown }> };
  if (!properties || typeof values !== 'object' || values === null) return;
  const texts = values as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(properties)) {
    const value = texts[name];
    if (type === 'integer' && typeof value === 'string' && WHOLE.test(value)) texts[name] = Number(value);
  }
}
