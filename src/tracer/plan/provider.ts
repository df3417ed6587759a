import type { Plan } from './plan.ts';
import { type PlanRequest, planLocally } from './planner.ts';

/** Something that makes plans: the local planner, or a language model. What it returns is validated like any plan. */
export interface PlanProvider {
  /** Shown to the user, so that a plan's origin is clear. */
  readonly name: string;
  /**
   * Makes a plan for the request.
   * @throws AbortError when `signal` aborts; NodeScopeError when no plan could be made, with what to do about it
   */
  plan(request: PlanRequest, signal: AbortSignal): Promise<Plan>;
}

/** The planner that needs no network and no model. */
export class LocalPlanProvider implements PlanProvider {
  readonly name = 'local';

  async plan(request: PlanRequest, signal: AbortSignal): Promise<Plan> {
    signal.throwIfAborted();
    return planLocally(request);
  }
}
