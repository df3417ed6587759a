import type { Inspector } from '../target/inspector.ts';
import type { CallFrame } from './debugger-domain.ts';
import type { InstalledProbe } from './function-probe.ts';
import { type Written, writeVariable } from './write-back.ts';

const WRITABLE = new Set(['closure', 'block', 'module', 'script', 'catch']);

/**
 * Writes the wrapper into a `const`, in the paused frame of the function it holds, and says where; null when the debugger
 * cannot. All commands leave before the first await when the name is declared once.
 */
export async function writeConstant(
  inspector: Inspector,
  probe: InstalledProbe,
  frame: CallFrame,
): Promise<Written | null> {
  const { binding } = probe.fn.node;
  if (binding.kind !== 'constant' || probe.wrapperObject === '') return null;
  const { name: variable, unique } = binding;
  const scopes = unique ? writableScopes(frame) : await scopeWith(inspector, frame, variable);
  const places = scopes.map((scope): Written => ({ frame: 0, site: null, scope, variable }));
  const written = await Promise.all(places.map((place) => writeVariable(inspector, frame, place, probe.wrapperObject)));
  return places.find((_, index) => written[index]) ?? null;
}

/** The innermost scope that has the name, when several are declared with it. */
async function scopeWith(inspector: Inspector, frame: CallFrame, name: string): Promise<number[]> {
  for (const index of writableScopes(frame)) {
    const objectId = frame.scopeChain[index]?.object.objectId;
    if (objectId === undefined) continue;
    const answer = await inspector
      .send<{ result: readonly { name: string }[] }>('Runtime.getProperties', { objectId, ownProperties: true })
      .catch(() => ({ result: [] }));
    if (answer.result.some((property) => property.name === name)) return [index];
  }
  return [];
}

function writableScopes(frame: CallFrame): number[] {
  return frame.scopeChain.flatMap((scope, index) => (WRITABLE.has(scope.type) ? [index] : []));
}
