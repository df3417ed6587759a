import { escapeControls } from '../event/format.ts';
import type { SourceLocation } from '../event/location.ts';
import type { NPlusOneDetails } from './finding.ts';
import type { NormalisedSql } from './sql.ts';

interface About {
  readonly pattern: string;
  readonly site: SourceLocation | null;
  readonly verb: NormalisedSql['verb'];
  /** Nanoseconds the repeats took. */
  readonly busy: number;
  readonly isRequest: boolean;
}

const MAX_STATEMENT = 300;

/** Title, explanation and suggestion of an N+1 finding. */
export function nPlusOneText(
  details: NPlusOneDetails,
  about: About,
): { readonly title: string; readonly explanation: string; readonly suggestion: string } {
  const { max } = details.perRequest;
  const what = NOUN[about.verb];
  const where = about.pattern === '' ? 'one call' : about.pattern;
  const at = about.site === null ? 'an unknown line' : placeOf(about.site);
  const statement = clip(details.statement);
  const how = details.order === 'parallel' ? 'at the same time' : 'one after another';
  const unit = about.isRequest ? 'request' : 'call';
  const sentences = [`${clip(details.root)} issued the same ${what} ${max} times, ${how}, at ${at}: ${statement}.`];
  if (details.source !== null) {
    sentences.push(
      `Before that, ${clip(details.source.statement)} returned ${details.source.rows} rows, which it walks through.`,
    );
  }
  const share = Math.round(details.share * 100);
  sentences.push(`The repeats took ${milliseconds(about.busy)}, ${share}% of the ${unit}.`);
  if (details.requests > 1) {
    sentences.push(
      `It happened in ${details.requests} ${unit}s, typically ${details.perRequest.median} times in each.`,
    );
  }
  return {
    title: `N+1 in ${where}: ${max} × the same ${what}`,
    explanation: sentences.join(' '),
    suggestion: SUGGESTION[about.verb],
  };
}

const NOUN = {
  select: 'query',
  insert: 'INSERT',
  update: 'UPDATE',
  delete: 'DELETE',
  transaction: 'statement',
  other: 'statement',
} as const;

const SUGGESTION = {
  select:
    'Load all of them with one query: collect the ids and use WHERE id = ANY($1), or join the table in the first query.',
  insert: 'Insert all rows with one statement: several VALUES lists, or INSERT … SELECT FROM unnest($1, $2).',
  update: 'Change all rows with one statement: UPDATE … FROM unnest($1, $2), or WHERE id = ANY($1).',
  delete: 'Remove all rows with one statement: DELETE … WHERE id = ANY($1).',
  transaction: 'Run it once for all of them.',
  other: 'Run it once for all of them.',
} as const;

function placeOf(site: SourceLocation): string {
  return escapeControls(`${site.file.slice(site.file.lastIndexOf('/') + 1)}:${site.line}`);
}

function clip(text: string): string {
  const line = escapeControls(text);
  return line.length > MAX_STATEMENT ? `${line.slice(0, MAX_STATEMENT)}…` : line;
}

/** Nanoseconds as a person reads them: `12.3 ms`. */
export function milliseconds(ns: number): string {
  const ms = ns / 1e6;
  return `${ms >= 100 ? Math.round(ms) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(3)} ms`;
}
