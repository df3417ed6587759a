import type { CallGraph, GraphEdge, GraphNode } from './graph.ts';
import type { Hazard, LoopUse, SqlText } from './model.ts';

/** What a function's shape says about it, together with what it calls. */
export interface Signals {
  /** Hazards of state in memory, strongest first. */
  readonly hazards: readonly Hazard[];
  /** A table that is read by one query and then written by another, with no lock and no relative update. */
  readonly tableHazard: TableHazard | null;
  /** A loop that reaches queries: the N+1 shape. */
  readonly queryLoop: { readonly loop: LoopUse; readonly via: string } | null;
  /** A loop that waits for something other than queries. */
  readonly waitingLoop: LoopUse | null;
  readonly queriesItself: boolean;
  readonly reachesQuery: boolean;
  /** Calls another service. */
  readonly callsOut: boolean;
  /** Routes through which it is reached, nearest first; at most 5. */
  readonly routes: readonly string[];
}

interface TableHazard {
  readonly table: string;
  readonly readLine: number;
  readonly writeLine: number;
}

/** How far queries are looked for behind a call. */
const QUERY_DEPTH = 3;
const ROUTE_DEPTH = 6;
const MAX_ROUTES = 5;

/** Signals of every function of the graph. */
export function signalsOf(graph: CallGraph): Map<GraphNode, Signals> {
  const routes = routesOf(graph);
  const queries = new QueryReach();
  const signals = new Map<GraphNode, Signals>();
  for (const node of graph.nodes) {
    const loop = queryLoopOf(node, queries);
    signals.set(node, {
      hazards: [...node.fn.hazards].sort((a, b) => weightOf(b) - weightOf(a)),
      tableHazard: tableHazardOf(node),
      queryLoop: loop,
      waitingLoop: loop ? null : (node.fn.loops.find((candidate) => candidate.awaits) ?? null),
      queriesItself: queriesItself(node),
      reachesQuery: queries.reaches(node, QUERY_DEPTH),
      callsOut: node.fn.calls.some((call) =>
        /^(?:fetch|axios\b|got\b|undici\b|https?\.(?:request|get))/.test(call.name),
      ),
      routes: routes.get(node) ?? [],
    });
  }
  return signals;
}

/** How much a hazard weighs, from 0 to 1. */
export function weightOf(hazard: Hazard): number {
  const base = hazard.kind === 'read-await-write' ? 1 : 0.55;
  return base * (hazard.guarded ? 0.15 : 1) * (hazard.constant ? 0.5 : 1) * (hazard.external ? 0.8 : 1);
}

function queriesItself(node: GraphNode): boolean {
  return node.fn.calls.some((call) => call.query);
}

class QueryReach {
  private readonly known = new Map<GraphNode, number>();

  reaches(node: GraphNode, depth: number): boolean {
    if (queriesItself(node)) return true;
    if (depth === 0) return false;
    // Remembered per node is the depth up to which nothing was found.
    if ((this.known.get(node) ?? -1) >= depth) return false;
    this.known.set(node, depth);
    const found = node.callees.some((edge) => this.reaches(edge.node, depth - 1));
    if (found) this.known.delete(node);
    return found;
  }
}

function queryLoopOf(node: GraphNode, queries: QueryReach): Signals['queryLoop'] {
  for (const loop of node.fn.loops) {
    if (!loop.awaits) continue;
    for (const name of loop.calls) {
      const direct = node.fn.calls.some((call) => call.name === name && call.query && call.inLoop);
      const callee = node.callees.find((edge) => edge.call?.name === name && edge.call.inLoop);
      if (direct || (callee && queries.reaches(callee.node, QUERY_DEPTH - 1))) return { loop, via: name };
    }
  }
  return null;
}

/** Reads and writes of tables in the order of the calls that make them, one level of callees included. */
function tableHazardOf(node: GraphNode): TableHazard | null {
  if (!node.fn.async || node.fn.awaits < 2) return null;
  const steps: { line: number; sql: SqlText }[] = [];
  for (const sql of node.fn.sql) steps.push({ line: sql.line, sql });
  for (const edge of node.callees) steps.push(...stepsOf(edge));
  steps.sort((a, b) => a.line - b.line);
  if (steps.some(({ sql }) => /\bfor\s+(?:no\s+key\s+)?update\b/i.test(sql.statement))) return null;
  for (const read of steps) {
    for (const table of read.sql.reads) {
      if (read.sql.writes.length > 0) continue;
      const write = steps.find(
        (step) =>
          step.line > read.line &&
          step.sql.writes.includes(table) &&
          !step.sql.safe &&
          /\bupdate\b/i.test(step.sql.statement),
      );
      if (write) return { table, readLine: read.line, writeLine: write.line };
    }
  }
  return null;
}

function stepsOf(edge: GraphEdge): { line: number; sql: SqlText }[] {
  const line = edge.call?.line ?? 0;
  return edge.node.fn.sql.map((sql) => ({ line, sql }));
}

function routesOf(graph: CallGraph): Map<GraphNode, string[]> {
  const reached = new Map<GraphNode, string[]>();
  for (const start of graph.nodes) {
    if (start.routes.length === 0) continue;
    const seen = new Set<GraphNode>([start]);
    let level: GraphNode[] = [start];
    for (let depth = 0; depth <= ROUTE_DEPTH && level.length > 0; depth += 1) {
      const next: GraphNode[] = [];
      for (const node of level) {
        const labels = reached.get(node) ?? [];
        for (const label of start.routes) if (labels.length < MAX_ROUTES && !labels.includes(label)) labels.push(label);
        reached.set(node, labels);
        for (const edge of node.callees) {
          if (seen.has(edge.node)) continue;
          seen.add(edge.node);
          next.push(edge.node);
        }
      }
      level = next;
    }
  }
  return reached;
}
