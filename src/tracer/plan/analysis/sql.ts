import type { SqlText } from './model.ts';

const STATEMENT = /^\s*(?:\/\*.*?\*\/\s*)?(select|insert|update|delete|with|merge|replace)\b/i;
const TABLE = '(?:only\\s+)?"?([a-z_][\\w$]*(?:"?\\."?[a-z_][\\w$]*)?)"?';
const READS = new RegExp(`\\b(?:from|join)\\s+${TABLE}(?![\\w$]*\\s*\\()`, 'gi');
const WRITES = new RegExp(
  `\\b(?:(?<!for\\s)update|insert\\s+into|delete\\s+from|merge\\s+into|replace\\s+into)\\s+${TABLE}`,
  'gi',
);
/** Names of common table expressions, which are no tables. */
const NAMED_PART =
  /(?:\bwith(?:\s+recursive)?|,)\s*"?([a-z_]\w*)"?\s*(?:\([^)]*\)\s*)?as\s*(?:(?:not\s+)?materialized\s*)?\(/gi;
const LOCKS = /\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i;
const RELATIVE = /\bset\b.*?\b([a-z_]\w*)\s*=\s*(?:\w+\.)?\1\s*[-+*/|]/is;
const VERSIONED = /\bwhere\b.*\b(?:version|revision|updated_at|etag)\s*=/is;

/** Whether a text begins like an SQL statement that reads or changes rows. */
export function isSql(text: string): boolean {
  return text.length > 10 && STATEMENT.test(text) && /\b(?:from|into|set|values)\b/i.test(text);
}

/** Tables that a statement reads and writes; by patterns, since dialects differ and statements come in pieces. */
export function analyseSql(statement: string, line: number): SqlText {
  const parts = new Set(Array.from(statement.matchAll(NAMED_PART), (match) => match[1]?.toLowerCase()));
  const names = (pattern: RegExp): string[] =>
    [...new Set(Array.from(statement.matchAll(pattern), (match) => tableName(match[1] ?? '')))].filter(
      (table) => !parts.has(table),
    );
  const writes = names(WRITES);
  const deletes = /^\s*delete\b/i.test(statement);
  const reads = names(READS).filter((table) => !(deletes && writes.includes(table)));
  const safe = LOCKS.test(statement) || (writes.length > 0 && (RELATIVE.test(statement) || VERSIONED.test(statement)));
  return { statement: statement.replace(/\s+/g, ' ').trim().slice(0, 500), line, reads, writes, safe };
}

function tableName(text: string): string {
  return text.replaceAll('"', '').split('.').at(-1)?.toLowerCase() ?? '';
}
