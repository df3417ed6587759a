import type { Strategy } from '../tracer/plan/plan.ts';
import { type Parsed, text, usage } from './arguments.ts';

/** `--strategy`, balanced by default. Throws `cli.usage`. */
export function strategyOf(parsed: Parsed): Strategy {
  const value = text(parsed, 'strategy') ?? 'balanced';
  if (value === 'minimal' || value === 'balanced' || value === 'full') return value;
  throw usage(`--strategy is minimal, balanced or full, not "${value}"`);
}
