import type { FunctionAnalysis } from './analysis/model.ts';
import type { FunctionProbe, PlanLimits, Prediction } from './plan.ts';

/**
 * Main-thread cost in microseconds, the constants of the prediction. Measured for this project (DESIGN 3, fact 7): 0.5 for
 * a synchronous and about 1 for an async traced call with copied arguments on Node 24, up to twice that on Node 20. A state
 * snapshot copies a whole collection, a library event a URL or a statement. Rounded up: a plan should promise too much
 * overhead rather than too little. What then happens is measured and shown beside it.
 */
const COST_MICROSECONDS = { syncCall: 1, asyncCall: 1.5, snapshot: 2, watchAccess: 1, libraryCall: 4 } as const;

/** Events per call (DESIGN 5): enter and exit, for async functions also the settlement. */
const EVENTS_PER_SYNC_CALL = 2;
const EVENTS_PER_ASYNC_CALL = 3;
/** A snapshot before and after the call for each captured path. */
const EVENTS_PER_PATH = 2;
/** Start and end of a request or a query. */
const EVENTS_PER_LIBRARY_CALL = 2;

/** Prediction of a function probe at a rate of calls per second, before sampling. */
function predictFunction(fn: FunctionAnalysis, capture: readonly string[], rate: number): Prediction {
  const paths = capture.filter((entry) => entry.startsWith('this')).length;
  const events = (fn.async ? EVENTS_PER_ASYNC_CALL : EVENTS_PER_SYNC_CALL) + EVENTS_PER_PATH * paths;
  const cost =
    (fn.async ? COST_MICROSECONDS.asyncCall : COST_MICROSECONDS.syncCall) +
    EVENTS_PER_PATH * paths * COST_MICROSECONDS.snapshot;
  return prediction(rate, rate * events, rate * cost);
}

/** Prediction of a watch whose state is accessed `accesses` times per second through probed methods. */
export function predictWatch(accesses: number): Prediction {
  return prediction(accesses, accesses, accesses * COST_MICROSECONDS.watchAccess);
}

/** Prediction of a library probe at a rate of requests or queries per second. */
export function predictLibrary(rate: number): Prediction {
  return prediction(rate, rate * EVENTS_PER_LIBRARY_CALL, rate * COST_MICROSECONDS.libraryCall);
}

/** The whole plan's events per second and overhead. */
export function total(predictions: readonly (Prediction | undefined)[]): {
  eventsPerSecond: number;
  overheadPercent: number;
} {
  let eventsPerSecond = 0;
  let overheadPercent = 0;
  for (const item of predictions) {
    eventsPerSecond += item?.eventsPerSecond ?? 0;
    overheadPercent += item?.overheadPercent ?? 0;
  }
  return { eventsPerSecond: round(eventsPerSecond), overheadPercent: round(overheadPercent) };
}

function prediction(callsPerSecond: number, eventsPerSecond: number, microsecondsPerSecond: number): Prediction {
  return {
    callsPerSecond: round(callsPerSecond),
    eventsPerSecond: round(eventsPerSecond),
    overheadPercent: round(microsecondsPerSecond / 10_000),
  };
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** What may still be spent of a plan's limits. */
export class Budget {
  private events: number;
  private percent: number;

  constructor(limits: PlanLimits) {
    this.events = limits.eventsPerSecond;
    this.percent = limits.overheadPercent;
  }

  spend(cost: Prediction): void {
    this.events -= cost.eventsPerSecond;
    this.percent -= cost.overheadPercent;
  }

  fits(cost: Prediction): boolean {
    return cost.eventsPerSecond <= this.events && cost.overheadPercent <= this.percent;
  }

  /** Largest of a few round shares that fits, null when not even a hundredth does. */
  share(cost: Prediction): number | null {
    return SHARES.find((share) => this.fits(scaled(cost, share))) ?? null;
  }
}

const SHARES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01] as const;

/** A prediction when only a share of the calls is recorded; the calls themselves stay as many. */
function scaled(cost: Prediction, share: number): Prediction {
  return {
    callsPerSecond: cost.callsPerSecond,
    eventsPerSecond: round(cost.eventsPerSecond * share),
    overheadPercent: round(cost.overheadPercent * share),
  };
}

/** A function probe made to fit the budget, with a note about what that took; null when it had to be left out. */
export function fitFunction(
  probe: FunctionProbe,
  fn: FunctionAnalysis,
  rate: number,
  budget: Budget,
): { readonly probe: FunctionProbe | null; readonly note: string | null } {
  const whole = predictFunction(fn, probe.capture, rate);
  if (budget.fits(whole)) return accept({ ...probe, predicted: whole }, whole, budget, null);
  const calls = `${Math.round(rate)} calls per second`;
  const slim = probe.capture.filter((entry) => !entry.startsWith('this'));
  if (slim.length < probe.capture.length) {
    const cost = predictFunction(fn, slim, rate);
    if (budget.fits(cost)) {
      const note = `${probe.at}: state is not captured, because ${calls} with state would break the limits.`;
      return accept({ ...probe, capture: slim, predicted: cost }, cost, budget, note);
    }
  }
  const cost = predictFunction(fn, slim, rate);
  const share = budget.share(cost);
  if (share === null)
    return { probe: null, note: `${probe.at} was left out, because ${calls} would break the limits.` };
  const part = scaled(cost, share);
  const note = `${probe.at}: 1 of ${Math.round(1 / share)} calls is recorded, because ${calls} would break the limits.`;
  return accept({ ...probe, capture: slim, sample: share, predicted: part }, part, budget, note);
}

function accept(
  probe: FunctionProbe,
  cost: Prediction,
  budget: Budget,
  note: string | null,
): { probe: FunctionProbe; note: string | null } {
  budget.spend(cost);
  return { probe, note };
}
