import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { textOf } from '../tracer/error/error.ts';
import { planInvalid } from '../tracer/error/plan-errors.ts';
import type { Plan } from '../tracer/plan/plan.ts';
import { PLAN_BOUNDS, parsePlan } from '../tracer/plan/schema.ts';
import { planUnreadable } from './adapter-errors.ts';

/** Reads and checks a plan file. Rejects with a `NodeScopeError` that names the file and what is wrong in it. */
export async function readPlanFile(file: string): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw planUnreadable(file, textOf(error));
  });
  return planFromText(text, basename(file));
}

/** The plan in `text`; `origin` names it in errors. Throws a `NodeScopeError`. */
export function planFromText(text: string, origin: string): Plan {
  if (text.length > PLAN_BOUNDS.text) throw planInvalid(origin, `is longer than ${PLAN_BOUNDS.text} characters`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw planInvalid(origin, `is not JSON (${textOf(error)}); correct it at that place`);
  }
  return parsePlan(data, origin);
}
