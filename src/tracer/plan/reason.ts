import type { Hazard } from './analysis/model.ts';
import { weightOf } from './analysis/signals.ts';
import type { Question } from './question.ts';
import type { Scored } from './score.ts';

/** One sentence in plain words that says why a function is in the plan; strongest ground first, at most three grounds. */
export function reasonFor(scored: Scored, question: Question, relation: string | null = null): string {
  const grounds = groundsOf(scored, question);
  if (relation !== null) grounds.unshift(relation);
  const place = scored.signals.routes[0];
  const parts = grounds.slice(0, place === undefined ? 3 : 2);
  if (place !== undefined) parts.push(scored.node.routes.length > 0 ? `handles ${place}` : `runs for ${place}`);
  if (scored.rate === null || scored.rate === 0) parts.push('not seen running');
  if (parts.length === 0) parts.push('close to the code the question is about');
  return parts.join('; ');
}

function groundsOf(scored: Scored, question: Question): string[] {
  const { signals, node } = scored;
  const grounds: string[] = [];
  if (scored.named !== null) grounds.push(`named in the question (${scored.named})`);
  const state: string[] = [];
  for (const hazard of signals.hazards.slice(0, 2)) if (weightOf(hazard) >= 0.25) state.push(hazardText(hazard));
  if (signals.tableHazard) {
    const { table, readLine, writeLine } = signals.tableHazard;
    state.push(
      `reads table ${table} (line ${readLine}) and later updates it in another query (line ${writeLine}): overlapping requests can overwrite each other`,
    );
  }
  const time: string[] = [];
  if (signals.queryLoop) {
    const { loop, via } = signals.queryLoop;
    const how = loop.order === 'parallel' ? 'in parallel' : 'one after the other';
    time.push(`calls ${via} in a loop (line ${loop.line}), a query for each element, ${how}: N+1 queries`);
  } else if (signals.waitingLoop) {
    time.push(`awaits inside a loop (line ${signals.waitingLoop.line})`);
  }
  const timeFirst = question.intents.slow + question.intents.query > question.intents.race;
  grounds.push(...(timeFirst ? [...time, ...state] : [...state, ...time]));
  const writes = node.fn.state.filter((use) => use.writes > 0).map((use) => nameOf(use));
  if (state.length === 0 && writes.length > 0 && question.intents.race + question.intents.memory > 0) {
    grounds.push(`changes ${writes.slice(0, 2).join(' and ')}`);
  }
  if (signals.queriesItself && !signals.queryLoop) {
    const tables = [...new Set(node.fn.sql.flatMap((sql) => [...sql.reads, ...sql.writes]))].slice(0, 3);
    grounds.push(tables.length > 0 ? `queries ${tables.join(', ')}` : 'issues queries');
  }
  if (signals.callsOut) grounds.push('calls another service');
  if (question.intents.error > 0 && node.fn.throws) grounds.push('throws');
  if (scored.matched.length > 0)
    grounds.push(
      `matches ${scored.matched
        .slice(0, 3)

        .map((word) => `"${question.spelling.get(word) ?? word}"`)
        .join(', ')}`,
    );
  return grounds;
}

/** A hazard in words; `this.slots` for properties, the bare name for variables outside the function. */
function hazardText(hazard: Hazard): string {
  const name = nameOf(hazard);
  const guard = hazard.guarded ? ', inside what looks like a lock' : '';
  const lines = `(line ${hazard.readLine}), awaits (line ${hazard.awaitLine}), then writes it (line ${hazard.writeLine})`;
  return hazard.kind === 'read-await-write'
    ? `reads ${name} ${lines}${guard}: two overlapping calls can lose an update`
    : `decides on ${name} ${lines}${guard}: the decision can be out of date by then`;
}

export function nameOf(state: { root: 'this' | 'outer'; path: string }): string {
  return state.root === 'this' ? `this.${state.path}` : state.path;
}
