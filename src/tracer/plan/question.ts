import type { SqlText } from './analysis/model.ts';
import { analyseSql, isSql } from './analysis/sql.ts';
import { splitWords, stem } from './analysis/words.ts';
import { HIDDEN_ACTIONS, INTENT_PATTERNS, INTENTS, type Intent, STOP_WORDS, synonymsOf, VAGUE } from './lexicon.ts';

/** A question as the planner understands it. */
export interface Question {
  /** Topic stems with weights: 1 for what was said, less for synonyms and hidden actions. */
  readonly words: ReadonlyMap<string, number>;
  /** Stems that were said, without synonyms. */
  readonly said: readonly string[];
  /** How each of them was written. */
  readonly spelling: ReadonlyMap<string, string>;
  /** About showing something, so that what changes things matters less. */
  readonly reading: boolean;
  /** From 0 (not meant) to 1. */
  readonly intents: Readonly<Record<Intent, number>>;
  /** Asks for anything that may be wrong or slow. */
  readonly vague: boolean;
  /** Names as code writes them: `assignTask`, `TaskManager.assignTask`, `MAX_SLOTS`. */
  readonly identifiers: readonly string[];
  readonly files: readonly { readonly name: string; readonly line: number | null }[];
  readonly routes: readonly { readonly method: string | null; readonly path: string }[];
  readonly sql: SqlText | null;
}

const MAX_QUESTION = 10_000;
const FRAME =
  /\bat (?:async )?(?:(?:new )?([\w$.<>]+) )?(?:\[as [\w$]+\] )?\(?((?:file:\/\/)?[^\s()]+?\.[cm]?[jt]sx?):(\d+)(?::\d+)?\)?/g;
const FILE = /(?:^|[\s"'`(])((?:[\w.@-]+\/)*[\w.@-]+\.[cm]?[jt]sx?)(?::(\d+))?/g;
const ROUTE =
  /(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(?:https?:\/\/[^\s/]+)?(\/[\w\-./:{}%]*))|(?:(?:^|[\s"'`(])(?:https?:\/\/[^\s/]+)?(\/[\w\-:{}]+(?:\/[\w\-.:{}%]*)*))/g;
const IDENTIFIER =
  /[A-Za-z_$][\w$]*(?:\.[A-Za-z_$#][\w$]*)+|\b[a-z]+(?:[A-Z][a-z0-9]*)+\b|\b(?:[A-Z][a-z0-9]+){2,}\b|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[\w$]+(?=\(\))/g;
const SQL = /\b(?:select\b[\s\S]*?\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from)\b[\s\S]*/i;

/** Reads a question: its topic, its intents, and whatever code, route, SQL or stack trace was pasted into it. */
export function readQuestion(text: string): Question {
  const whole = text.slice(0, MAX_QUESTION);
  const lower = whole.toLowerCase();
  const identifiers = new Set<string>();
  const files: { name: string; line: number | null }[] = [];
  const prose = whole
    .replace(FRAME, (_match, name: string | undefined, file: string, line: string) => {
      if (name !== undefined && !/[<>]/.test(name)) identifiers.add(name.replace(/^(?:Object|async|Module)\./, ''));
      if (!file.includes('node_modules') && !file.startsWith('node:'))
        files.push({ name: file.replace(/^file:\/\//, ''), line: Number(line) });
      return ' ';
    })
    .replace(FILE, (_match, file: string, line: string | undefined) => {
      files.push({ name: file, line: line === undefined ? null : Number(line) });
      return ' ';
    });
  const statement = SQL.exec(prose)?.[0];
  const routes = Array.from(prose.matchAll(ROUTE), (match) => ({
    method: match[1] ?? null,
    path: (match[2] ?? match[3] ?? '').replace(/[?.,;:]+$/, ''),
  })).filter((route) => route.path.length > 1 && !files.some((file) => file.name.endsWith(route.path)));
  for (const match of prose.matchAll(IDENTIFIER)) if (!/^(?:e\.g|i\.e)$/.test(match[0])) identifiers.add(match[0]);
  const intents = intentsOf(lower);
  const topic = topicOf(prose, lower);
  return {
    ...topic,
    intents,
    reading: READING.test(lower) && !CHANGING.test(lower),
    vague: (VAGUE.test(lower) || INTENTS.every((intent) => intents[intent] === 0)) && topic.said.length === 0,
    identifiers: [...identifiers].slice(0, 50),
    files: files.slice(0, 50),
    routes: routes.slice(0, 20),
    sql: statement !== undefined && isSql(statement) ? analyseSql(statement, 0) : null,
  };
}

function intentsOf(lower: string): Record<Intent, number> {
  const intents = { race: 0, slow: 0, query: 0, memory: 0, error: 0 };
  if (VAGUE.test(lower) && !/\bslow\w*\b/.test(lower)) return { ...intents, race: 0.8, slow: 0.7, error: 0.5 };
  for (const intent of INTENTS) {
    const matches = INTENT_PATTERNS[intent].filter((pattern) => pattern.test(lower)).length;
    intents[intent] = matches === 0 ? 0 : Math.min(1, 0.7 + 0.15 * matches);
  }
  // "Sometimes", "both" and the like say little beside a clear word for something else.
  if (intents.race > 0 && intents.race < 0.9 && (intents.slow > 0 || intents.error > 0 || intents.memory > 0))
    intents.race = 0.4;
  return intents;
}

const READING =
  /\b(?:page|pages|view|views|list|lists|show|shows|open|opens|opening|display|dashboard|loads|loading)\b/;
const CHANGING =
  /\b(?:creat|delet|remov|updat|edit|sav|assign|post|writ|chang|add|insert|submit|upload|pay|order|book|lost|lose)\w*\b/;

const SYNONYM_WEIGHT = 0.35;
const ACTION_WEIGHT = 0.45;

function topicOf(prose: string, lower: string): Pick<Question, 'words' | 'said' | 'spelling'> {
  const said = new Map<string, string>();
  // "Under load" is about pressure, not about loading.
  for (const word of splitWords(
    prose.replace(/\bunder (?:heavy |high )?load\b/gi, ' ').replace(/[’']\w{1,2}\b/g, ''),
  )) {
    const stemmed = stem(word);
    if (!STOP_WORDS.has(stemmed) && stemmed.length > 1 && stemmed.length <= 40 && !said.has(stemmed))
      said.set(stemmed, word);
  }
  const words = new Map<string, number>(Array.from(said.keys(), (word) => [word, 1]));
  const add = (word: string, weight: number): void => {
    if ((words.get(word) ?? 0) < weight) words.set(word, weight);
  };
  for (const { said: pattern, means } of HIDDEN_ACTIONS) {
    if (pattern.test(lower)) for (const word of means) add(word, ACTION_WEIGHT);
  }
  for (const word of said.keys()) for (const synonym of synonymsOf(word)) add(synonym, SYNONYM_WEIGHT);
  return { words, said: [...said.keys()], spelling: said };
}
