import type { CallGraph, GraphNode } from './analysis/graph.ts';
import type { FileAnalysis, FunctionAnalysis, RouteAnalysis } from './analysis/model.ts';
import { type Signals, weightOf } from './analysis/signals.ts';
import { stems } from './analysis/words.ts';
import type { Intent } from './lexicon.ts';
import type { Question } from './question.ts';
import type { RunningIndex } from './running.ts';

/** Why a function ranks where it ranks. */
export interface Scored {
  readonly node: GraphNode;
  readonly signals: Signals;
  readonly score: number;
  /** Share of the question's topic that the function matches, 0 to 1. */
  readonly topic: number;
  /** Words of the question found at the function itself, best first. */
  readonly matched: readonly string[];
  /** Named in the question: by identifier, file, route, SQL or stack frame. */
  readonly named: string | null;
  /** How risky its shape is for what the question is after, 0 to 1. */
  readonly risk: number;
  /** Calls per second; null when not seen in the process, undefined when nothing was counted. */
  readonly rate: number | null | undefined;
}

const FIELDS = [
  ['name', 1],
  ['owner', 0.6],
  ['comment', 0.4],
  ['text', 0.3],
  ['body', 0.22],
] as const;
const ROUTE_FIELD = 0.7;
/** How much of a function's topic its callees and callers inherit, per level. */
const TO_CALLEE = 0.6;
const TO_CALLER = 0.4;
const LEVELS = 2;
/** How much of a risky shape counts for the functions right before and behind it. */
const NEIGHBOUR = 0.9;

/** Scores every function of the graph against the question, best first; ties in the order of their names. */
export function scoreAll(
  graph: CallGraph,
  signals: ReadonlyMap<GraphNode, Signals>,
  question: Question,
  running: RunningIndex | null,
): Scored[] {
  const topics = topicScores(graph, question);
  const server = serverFiles(graph);
  const aimless = Object.values(question.intents).every((value) => value === 0);
  const anyTopic = [...topics.values()].some((topic) => topic.own > 0);
  const risks = new Map(graph.nodes.map((node) => [node, riskOf(node, signals.get(node) as Signals, question)]));
  const scored = graph.nodes.map((node): Scored => {
    const signal = signals.get(node) as Signals;
    const topic = topics.get(node) as Topic;
    const named = namedBy(node, question);
    const risk = risks.get(node) ?? 0;
    const near = Math.max(
      risk,
      NEIGHBOUR * Math.max(0, ...[...node.callees, ...node.callers].map((edge) => risks.get(edge.node) ?? 0)),
    );
    const rate = running === null ? undefined : running.rateOf(node.fn, node.file);
    const base = anyTopic ? topic.total * (0.35 + 1.3 * risk) + 0.06 * near : 0.8 * risk + 0.2 * near;
    // Without an intent a question is about the code that its words name, less about what is called around that.
    const distance = topic.own === 0 && aimless ? 0.4 : 1;
    const factor = distance * placeFactor(node, signal, question, server) * runningFactor(node.file, rate, running);
    return {
      node,
      signals: signal,
      score: (base + (named === null ? 0 : 2)) * factor,
      topic: topic.total,
      matched: topic.matched,
      named,
      risk,
      rate,
    };
  });
  return scored.sort((a, b) => b.score - a.score || compare(keyOf(a.node), keyOf(b.node)));
}

const keyOf = (node: GraphNode): string => `${node.file.relative}#${node.fn.name}#${node.fn.line}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Topic {
  own: number;
  total: number;
  matched: string[];
}

/** Weighted overlap of words, rare words counting more (inverse document frequency), then spread along the calls. */
function topicScores(graph: CallGraph, question: Question): Map<GraphNode, Topic> {
  const frequency = new Map<string, number>();
  const fieldsOf = new Map<GraphNode, Map<string, number>>();
  for (const node of graph.nodes) {
    const fields = wordFields(node, question);
    fieldsOf.set(node, fields);
    for (const word of fields.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const count = Math.max(graph.nodes.length, 1);
  const rarity = (word: string): number => Math.log(1 + count / (1 + (frequency.get(word) ?? 0))) / Math.log(1 + count);
  // Words that no code has say nothing about which code is meant.
  const present = question.said.filter((word) => frequency.has(word));
  const whole = present.reduce((sum, word) => sum + rarity(word), 0) || 1;
  const topics = new Map<GraphNode, Topic>();
  for (const node of graph.nodes) {
    const found = [...(fieldsOf.get(node) as Map<string, number>)]
      .map(([word, field]) => ({ word, value: field * rarity(word) * (question.words.get(word) ?? 0) }))
      .sort((a, b) => b.value - a.value || compare(a.word, b.word));
    const own = Math.min(1, found.reduce((sum, { value }) => sum + value, 0) / whole);
    const matched = found.filter(({ word }) => question.said.includes(word)).map(({ word }) => word);
    topics.set(node, { own, total: own, matched });
  }
  spread(graph, topics);
  return topics;
}

function wordFields(node: GraphNode, question: Question): Map<string, number> {
  const fields = new Map<string, number>();
  const { words } = node.fn;
  for (const word of question.words.keys()) {
    let best = 0;
    for (const [field, weight] of FIELDS) if (weight > best && words[field].has(word)) best = weight;
    if (best > 0) fields.set(word, best);
  }
  for (const route of node.routes) {
    const path = route.slice(route.indexOf(' ') + 1);
    const found = [...stems(path), ...(path.includes(':') ? ['detail'] : ['list'])];
    for (const word of found)
      if (question.words.has(word) && (fields.get(word) ?? 0) < ROUTE_FIELD) fields.set(word, ROUTE_FIELD);
  }
  return fields;
}

function spread(graph: CallGraph, topics: Map<GraphNode, Topic>): void {
  let current = new Map(graph.nodes.map((node) => [node, topics.get(node)?.own ?? 0]));
  for (let level = 0; level < LEVELS; level += 1) {
    const next = new Map(current);
    for (const node of graph.nodes) {
      const value = current.get(node) ?? 0;
      for (const edge of node.callees) raise(next, edge.node, value * TO_CALLEE * focus(edge.node));
      for (const edge of node.callers) raise(next, edge.node, value * TO_CALLER);
    }
    current = next;
  }
  // What a function inherits adds to what it says itself, less the more it says.
  for (const [node, topic] of topics) {
    const inherited = current.get(node) ?? 0;
    topic.total = Math.min(1, topic.own + (inherited > topic.own ? 0.6 * (inherited - topic.own) : 0));
  }
}

/** What is called from everywhere (a counter, a logger) belongs to nothing in particular. */
function focus(node: GraphNode): number {
  return 1 / Math.sqrt(Math.max(1, node.callers.length / 2));
}

function raise(values: Map<GraphNode, number>, node: GraphNode, value: number): void {
  if ((values.get(node) ?? 0) < value) values.set(node, value);
}

/** What in the question names this function outright. */
function namedBy(node: GraphNode, question: Question): string | null {
  const { fn, file } = node;
  const last = fn.name.split('.').at(-1);
  for (const name of question.identifiers) {
    if (name === fn.name || name === last || (name.includes('.') && fn.name.endsWith(`.${name}`))) return name;
    if (name === fn.className) return name;
  }
  for (const { name, line } of question.files) {
    if (!(`/${file.relative}`.endsWith(`/${name}`) || name.endsWith(`/${file.relative}`))) continue;
    if (line === null || (line >= fn.line && line <= fn.endLine)) return line === null ? name : `${name}:${line}`;
  }
  for (const route of question.routes) {
    const own = node.routes.find((label) => matchesRoute(label, route));
    if (own !== undefined) return own;
  }
  if (question.sql && fn.sql.some((sql) => sameShape(sql.statement, question.sql?.statement ?? '')))
    return 'the SQL in the question';
  return null;
}

function matchesRoute(label: string, wanted: { method: string | null; path: string }): boolean {
  const [method, path = ''] = label.split(' ') as [RouteAnalysis['method'], string?];
  if (wanted.method !== null && method !== wanted.method && method !== 'ALL') return false;
  const own = path.split('/').filter(Boolean);
  const other = wanted.path.split('/').filter(Boolean);
  return own.length === other.length && own.every((part, index) => part === other[index] || /^[:{*]/.test(part));
}

function sameShape(a: string, b: string): boolean {
  const shape = (sql: string): string =>
    sql
      .toLowerCase()
      .replace(/'[^']*'|\$\d+|\b\d+\b|\?/g, '?')
      .replace(/\s+/g, '')
      .slice(0, 120);
  return shape(a) === shape(b);
}

/** Weight of each shape for each intent, from 0 to 1. */
function riskOf(node: GraphNode, signals: Signals, question: Question): number {
  const { intents } = question;
  const none = Object.values(intents).every((value) => value === 0);
  // A question without an intent is about its topic; only one without either is about whatever looks risky.
  const broad = question.vague ? 1 : 0.5;
  const wanted: Record<Intent, number> = none
    ? { race: 0.8 * broad, slow: 0.7 * broad, query: 0, memory: 0.2 * broad, error: 0.3 * broad }
    : { ...intents };
  const shapes: Record<Intent, number> = {
    race: raceRisk(node, signals),
    slow: slowRisk(node, signals),
    query: signals.queryLoop ? 1 : signals.queriesItself ? 0.7 : signals.reachesQuery ? 0.35 : 0,
    memory: memoryRisk(node.fn),
    error:
      (node.fn.throws ? 0.5 : 0) +
      (node.fn.calls.some((call) => call.query) || signals.callsOut ? 0.25 : 0) +
      Math.min(0.2, node.fn.complexity * 0.02),
  };
  return Math.max(...(Object.keys(shapes) as Intent[]).map((intent) => shapes[intent] * wanted[intent]));
}

function raceRisk(node: GraphNode, signals: Signals): number {
  const own = signals.hazards[0] ? weightOf(signals.hazards[0]) : 0;
  const table = signals.tableHazard ? 0.7 : 0;
  const writes = node.fn.state.some((use) => use.writes > 0) ? 0.25 : 0;
  return Math.max(own, table, writes);
}

function slowRisk(node: GraphNode, signals: Signals): number {
  if (signals.queryLoop) return signals.queryLoop.loop.order === 'sequential' ? 1 : 0.85;
  if (signals.waitingLoop) return 0.55;
  if (signals.callsOut) return 0.5;
  if (signals.queriesItself) return 0.45;
  if (signals.reachesQuery) return 0.4;
  return Math.min(0.35, node.fn.loops.length * 0.1 + node.fn.complexity * 0.015);
}

function memoryRisk(fn: FunctionAnalysis): number {
  const writes = fn.state.filter((use) => use.writes > 0).length;
  return writes === 0 ? 0 : Math.min(1, 0.6 + 0.1 * writes);
}

/**
 * Files of the programs that serve requests: those with routes, all that import them, and all that those import. A
 * load generator or a script in the same workspace is another program. Empty when there are no routes.
 */
function serverFiles(graph: CallGraph): Set<FileAnalysis> {
  const files = new Set(graph.nodes.filter((node) => node.routes.length > 0).map((node) => node.file));
  close(files, (file) => graph.importersOf(file));
  close(files, (file) => graph.importsOf(file));
  return files;
}

function close(files: Set<FileAnalysis>, next: (file: FileAnalysis) => readonly FileAnalysis[]): void {
  for (const file of files) for (const other of next(file)) files.add(other);
}

/** Functions that are hard to trace, or that no request reaches, rank lower. */
function placeFactor(node: GraphNode, signals: Signals, question: Question, server: ReadonlySet<FileAnalysis>): number {
  const { fn, file } = node;
  let factor = 1;
  if (fn.kind === 'constructor' || fn.kind === 'getter' || fn.kind === 'setter') factor *= 0.4;
  if (fn.private) factor *= 0.5;
  if (fn.generator) factor *= 0.8;
  if (server.size > 0 && signals.routes.length === 0) factor *= server.has(file) ? 0.6 : 0.2;
  if (question.reading && signals.routes.length > 0 && !signals.routes.some((route) => /^(?:GET|ALL) /.test(route)))
    factor *= 0.5;
  const small =
    fn.endLine - fn.line <= 3 && fn.awaits === 0 && fn.calls.length <= 1 && !fn.state.some((use) => use.writes > 0);
  return small ? factor * 0.6 : factor;
}

function runningFactor(file: FileAnalysis, rate: number | null | undefined, running: RunningIndex | null): number {
  if (running === null || rate === undefined) return 1;
  if (rate !== null && rate > 0) return 1.25;
  return running.hasFile(file) ? 0.8 : 0.2;
}
