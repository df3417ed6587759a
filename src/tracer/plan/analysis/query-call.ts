const RECEIVER =
  /(?:^|\.)(?:#?_?)(?:db|database|pool|client|conn|connection|knex|prisma|sql|pg|tx|trx|transaction|queryable|mysql|sqlite)$/i;
const METHODS = new Set([
  'query',
  'execute',
  'exec',
  'raw',
  '$queryRaw',
  '$executeRaw',
  'unsafe',
  'one',
  'many',
  'oneOrNone',
  'manyOrNone',
  'any',
  'none',
]);
const MAPPER = /(?:^|\.)(?:prisma|[A-Z]\w*Model|models?)\b/;
const MAPPER_METHODS =
  /^(?:find(?:One|Many|All|Unique|First|ById|ByPk)\w*|create|update|upsert|delete|save|insert\w*|count|aggregate)(?:Many|One)?$/;

/**
 * Whether a call is a database query, by the names clients and mappers use.
 * @param hasSql whether an argument is SQL text, which decides when the method alone could be anything
 */
export function isQueryCall(name: string, hasSql: boolean): boolean {
  const dot = name.lastIndexOf('.');
  const method = name.slice(dot + 1);
  const receiver = dot < 0 ? '' : name.slice(0, dot);
  if (METHODS.has(method) && (hasSql || RECEIVER.test(receiver))) return true;
  if (hasSql && /^(?:sql|query|q|run|select|get|all)$/.test(method)) return true;
  return MAPPER.test(receiver) && MAPPER_METHODS.test(method);
}
