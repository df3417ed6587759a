import { CallGraph } from './analysis/graph.ts';
import type { CodeAnalysis, Hazard } from './analysis/model.ts';
import { signalsOf, weightOf } from './analysis/signals.ts';
import {
  DEFAULT_CAPTURE,
  DEFAULT_LIMITS,
  type FunctionProbe,
  type Library,
  type LibraryProbe,
  type Plan,
  type PlanLimits,
  type PlanProbe,
  type Strategy,
  type WatchProbe,
} from './plan.ts';
import { Budget, fitFunction, predictLibrary, predictWatch } from './predict.ts';
import { type Question, readQuestion } from './question.ts';
import { nameOf, reasonFor } from './reason.ts';
import { type RunningCounts, RunningIndex } from './running.ts';
import { FUNCTION_AT, PLAN_BOUNDS } from './schema.ts';
import { type Scored, scoreAll } from './score.ts';

/** What a planner is asked. */
export interface PlanRequest {
  readonly question: string;
  readonly strategy: Strategy;
  readonly analysis: CodeAnalysis;
  /** What runs now; null when nothing was counted, and then nothing is predicted. */
  readonly running: RunningCounts | null;
  readonly limits?: Partial<PlanLimits>;
}

/** How many functions a strategy takes, and how far below the best a function may score. */
const STRATEGIES: Readonly<Record<Strategy, { readonly functions: number; readonly threshold: number }>> = {
  minimal: { functions: 5, threshold: 0.25 },
  balanced: { functions: 20, threshold: 0.12 },
  full: { functions: 150, threshold: 0.02 },
};

/** From this weight on a hazard's state is captured, whatever the question. */
const HIGH_RISK = 0.9;
const LOW_RISK = 0.25;
/** A function that shares less than this with the question's topic is in the plan only for its shape. */
const LEAST_TOPIC = 0.08;

/**
 * Makes a plan from the words of a question, the shape of the code and what runs now, without any model or network.
 *
 * Functions are scored by weighted overlap with the question's topic (rare words count more, names more than bodies),
 * spread along the call graph, times how risky their shape is for what is asked. The same input gives the same plan.
 * What would break the limits by the running process's own counts is sampled or left out, and `notes` says so.
 */
export function planLocally(request: PlanRequest): Plan {
  const question = readQuestion(request.question);
  const limits: PlanLimits = { ...DEFAULT_LIMITS, ...request.limits };
  const running = request.running === null ? null : new RunningIndex(request.running);
  const graph = new CallGraph(request.analysis);
  const scored = scoreAll(graph, signalsOf(graph), question, running);
  const { chosen, left } = choose(scored, request.strategy);
  const notes = notesOf(request, question, scored, left);
  const budget = new Budget(limits);
  const libraries = libraryProbes(request, scored, running);
  for (const probe of libraries) if (probe.predicted) budget.spend(probe.predicted);
  const functions = functionProbes(chosen, question, running, budget, notes);
  const watches = watchProbes(chosen, functions, question, running, budget, notes);
  const probes: PlanProbe[] = [...functions, ...watches, ...libraries];
  if (probes.length === 0)
    notes.push('Nothing was found to trace; give the folder of the application with --workspace.');
  return {
    version: 1,
    question: request.question.slice(0, PLAN_BOUNDS.question),
    strategy: request.strategy,
    limits,
    probes,
    ...(notes.length > 0
      ? { notes: notes.slice(0, PLAN_BOUNDS.notes).map((note) => note.slice(0, PLAN_BOUNDS.note)) }
      : {}),
  };
}

/** Those a probe can name, best first, each name once; with those that touch the same endangered state right behind. */
function choose(scored: readonly Scored[], strategy: Strategy): { chosen: Scored[]; left: number } {
  const { functions, threshold } = STRATEGIES[strategy];
  const anyTopic = scored.some(({ topic }) => topic > 0);
  const possible = scored.filter(({ node, score, ...rest }) => {
    if (score <= 0 || !isNameable(node.fn.at)) return false;
    return !anyTopic || rest.topic >= LEAST_TOPIC || rest.named !== null || rest.risk >= HIGH_RISK;
  });
  const best = possible[0]?.score ?? 0;
  const enough = possible.filter(({ score }) => score >= best * threshold);
  const chosen = enough.slice(0, functions);
  return { chosen, left: enough.length - chosen.length };
}

function isNameable(at: string | null): at is string {
  return at !== null && at.length <= PLAN_BOUNDS.at && FUNCTION_AT.test(at);
}

function functionProbes(
  chosen: readonly Scored[],
  question: Question,
  running: RunningIndex | null,
  budget: Budget,
  notes: string[],
): FunctionProbe[] {
  const probes: FunctionProbe[] = [];
  const endangered = endangeredState(chosen, question);
  for (const scored of chosen) {
    const { fn } = scored.node;
    const paths = (endangered.get(holderOf(scored)) ?? []).filter((hazard) =>
      fn.state.some((use) => use.root === 'this' && overlaps(use.path, hazard.path)),
    );
    const sibling = paths.find((hazard) => !fn.hazards.includes(hazard));
    const relation =
      sibling && fn.hazards.length === 0 ? `uses ${nameOf(sibling)}, which another method may overwrite` : null;
    const capture = [...DEFAULT_CAPTURE, ...new Set(paths.map((hazard) => `this.${hazard.path}`))];
    const probe: FunctionProbe = {
      kind: 'function',
      at: fn.at as string,
      capture,
      because: reasonFor(scored, question, relation).slice(0, PLAN_BOUNDS.because),
    };
    if (running === null) {
      probes.push(probe);
      continue;
    }
    const fitted = fitFunction(probe, fn, scored.rate ?? 0, budget);
    if (fitted.probe) probes.push(fitted.probe);
    if (fitted.note !== null) notes.push(fitted.note);
  }
  return probes;
}

/** Who holds the state that `this` means: a class of a file, or an object of its own. */
function holderOf({ node }: Scored): string {
  return `${node.file.relative}#${node.fn.className ?? node.fn.name}`;
}

/** State in danger that can be captured in the process, by holder. */
function endangeredState(chosen: readonly Scored[], question: Question): Map<string, Hazard[]> {
  const aboutState = question.intents.race > 0 || question.vague;
  const found = new Map<string, Hazard[]>();
  for (const scored of chosen) {
    for (const hazard of scored.node.fn.hazards) {
      const capturable =
        hazard.root === 'this' &&
        !hazard.external &&
        /^[\p{ID_Start}$_][\w$]*(?:\.[A-Za-z_$][\w$]*)?$/u.test(hazard.path);
      const weight = weightOf(hazard);
      if (!capturable || weight < (aboutState ? LOW_RISK : HIGH_RISK)) continue;
      const holder = holderOf(scored);
      found.set(holder, [...(found.get(holder) ?? []), hazard]);
    }
  }
  return found;
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function watchProbes(
  chosen: readonly Scored[],
  functions: readonly FunctionProbe[],
  question: Question,
  running: RunningIndex | null,
  budget: Budget,
  notes: string[],
): WatchProbe[] {
  const probes = new Map<string, WatchProbe>();
  const traced = new Set(functions.map((probe) => probe.at));
  for (const [holder, hazards] of endangeredState(chosen, question)) {
    for (const hazard of hazards) {
      const users = chosen.filter((scored) => holderOf(scored) === holder && traced.has(scored.node.fn.at ?? ''));
      const isClass = users.some(({ node }) => node.fn.className !== null);
      const id = `${holder}.${hazard.path}`;
      if (!isClass || probes.has(id) || !FUNCTION_AT.test(holder) || holder.split('#')[1]?.includes('.')) continue;
      const because = `every change of this.${hazard.path}, with the call that made it`;
      const probe: WatchProbe = { kind: 'watch', at: holder, path: hazard.path, because };
      if (running === null) {
        probes.set(id, probe);
        continue;
      }
      const cost = predictWatch(
        users.reduce((sum, { node, rate }) => sum + (rate ?? 0) * accessesPerCall(node.fn.state, hazard.path), 0),
      );
      if (budget.fits(cost)) {
        budget.spend(cost);
        probes.set(id, { ...probe, predicted: cost });
      } else
        notes.push(
          `The watch on ${id} was left out, because ${Math.round(cost.eventsPerSecond)} accesses per second would break the limits.`,
        );
    }
  }
  return [...probes.values()];
}

function accessesPerCall(
  state: readonly { root: string; path: string; reads: number; writes: number }[],
  path: string,
): number {
  return state
    .filter((use) => use.root === 'this' && overlaps(use.path, path))
    .reduce((sum, use) => sum + use.reads + use.writes, 0);
}

const HTTP_MODULES = /^(?:node:)?https?2?$|^(?:fastify|express|koa|hono|@hapi\/hapi|restify|polka|@nestjs\/core|next)$/;
const PG_MODULES = /^(?:pg|pg-pool|pg-promise|drizzle-orm\/node-postgres|knex|typeorm|sequelize)$/;

/** Libraries the process has loaded, or, when that is not known, that the code imports. */
function libraryProbes(request: PlanRequest, scored: readonly Scored[], running: RunningIndex | null): LibraryProbe[] {
  const files = request.analysis.files.filter((file) => !file.test);
  const imports = (pattern: RegExp): boolean =>
    files.some((file) => file.modules.some((module) => pattern.test(module)));
  const loaded = request.running?.libraries;
  const has = (library: Library, pattern: RegExp): boolean => (loaded ? loaded.includes(library) : imports(pattern));
  const probes: LibraryProbe[] = [];
  if (has('http', HTTP_MODULES) || (!loaded && files.some((file) => file.routes.length > 0))) {
    const requests = scored
      .filter(({ node }) => node.routes.length > 0)
      .reduce((sum, { rate }) => sum + (rate ?? 0), 0);
    probes.push({
      kind: 'library',
      library: 'http',
      because: 'ties every call to the request it belongs to',
      ...(running === null ? {} : { predicted: predictLibrary(requests) }),
    });
  }
  if (has('pg', PG_MODULES)) {
    probes.push({
      kind: 'library',
      library: 'pg',
      because: 'shows the queries of every call, with their number and duration',
      ...(running === null ? {} : { predicted: predictLibrary(running.queriesPerSecond()) }),
    });
  }
  return probes;
}

function notesOf(request: PlanRequest, question: Question, scored: readonly Scored[], left: number): string[] {
  const notes: string[] = [];
  const known = new Set(scored.flatMap(({ matched }) => matched));
  const unknown = question.said.filter((word) => !known.has(word));
  if (question.said.length > 0 && known.size === 0 && !scored.some(({ named }) => named !== null)) {
    notes.push(
      `No code mentions ${unknown
        .slice(0, 5)

        .map((word) => `"${question.spelling.get(word) ?? word}"`)
        .join(', ')}; the plan goes by the shape of the code alone.`,
    );
  }
  if (left > 0)
    notes.push(
      `${left === 1 ? '1 more function matches' : `${left} more functions match`} less well; ${request.strategy === 'full' ? 'a narrower question' : 'a wider strategy'} covers that.`,
    );
  if (request.running === null)
    notes.push('Nothing was counted in a running process, so rates and overhead are not predicted.');
  const unparsed = request.analysis.files.filter((file) => file.syntaxError !== null && file.functions.length === 0);
  if (unparsed.length > 0)
    notes.push(`${unparsed.length} files could not be parsed, the first is ${unparsed[0]?.relative}.`);
  for (const { file, why } of request.analysis.skipped.slice(0, 3)) notes.push(`${file} was skipped: ${why}.`);
  return notes;
}
