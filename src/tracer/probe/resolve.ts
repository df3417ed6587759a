import { functionAmbiguous, functionUnknown, probeSyntax } from '../error/probe-errors.ts';
import type { SourceLocation } from '../event/location.ts';
import type { FunctionNode } from './function-index.ts';
import { namesInOriginal } from './original-names.ts';
import type { Script } from './script.ts';
import type { ScriptRegistry, SourceInScript } from './script-registry.ts';
import { SourceMapping } from './source-map.ts';

/** A function that a probe names, in the script it runs from. */
export interface ResolvedFunction {
  readonly script: Script;
  readonly node: FunctionNode;
  /** Its name as the user's source has it. */
  readonly name: string;
  readonly location: SourceLocation;
  readonly warning: string;
}

interface Candidate {
  readonly node: FunctionNode;
  readonly name: string;
}

/** Splits `FILE#NAME`. Throws `probe.syntax`. */
export function parseAt(at: string): { file: string; name: string } {
  const hash = at.lastIndexOf('#', at.includes('#') ? at.length : 0);
  // A private method's name has a hash of its own: `a.ts#Class.#secret`.
  const split = at[hash - 1] === '.' ? at.lastIndexOf('#', hash - 1) : hash;
  const file = at.slice(0, Math.max(split, 0)).trim();
  const name = at.slice(split + 1).trim();
  if (split < 1 || file === '' || name === '') throw probeSyntax(at);
  return { file, name };
}

/**
 * Finds the function that `at` means among the scripts that run. One entry per script the function was loaded from.
 * Throws `probe.syntax`, `probe.file-not-loaded`, `probe.file-ambiguous`, `probe.function-unknown`, `probe.function-ambiguous`.
 */
export async function resolveFunction(registry: ScriptRegistry, at: string): Promise<ResolvedFunction[]> {
  const { file, name } = parseAt(at);
  const sources = await registry.find(file);
  const results: ResolvedFunction[] = [];
  let known: string[] = [];
  for (const source of sources) {
    const candidates = await functionsOf(source);
    const found = pick(candidates, name, file);
    if (found === null)
      known =
        known.length > 0
          ? known
          : [...new Set(candidates.map((candidate) => candidate.name))].filter((entry) => !entry.includes('<'));
    else
      results.push({ ...found, script: source.script, location: await locate(source, found), warning: source.warning });
  }
  if (results.length === 0) throw functionUnknown(name, file, closest(known, name));
  return results;
}

/** The functions of one source file with the names its author gave them. */
export async function functionsOf(source: SourceInScript): Promise<Candidate[]> {
  const nodes = await source.script.functionNodes();
  const map = await source.script.sourceMap();
  if (!source.original || !(map instanceof SourceMapping)) return nodes.map((node) => ({ node, name: node.name }));
  const mine = nodes.flatMap((node) => {
    const original = map.original(node.bodyPosition);
    return original?.file === source.file ? [{ node, original }] : [];
  });
  const names = await namesInOriginal(source.file, map.content(source.file));
  if (names === null) return mine.map(({ node }) => ({ node, name: node.name }));
  // Code that comes from no function of the author is a compiler's own: getters of exports, helpers.
  return mine.flatMap(({ node, original }) => {
    const name = names(original, node);
    return name === null ? [] : [{ node, name }];
  });
}

function pick(candidates: readonly Candidate[], name: string, file: string): Candidate | null {
  const exact = candidates.filter((candidate) => candidate.name === name);
  // Compilers of CommonJS write `{ f: () => f }` beside the function itself.
  const own = exact.find((candidate) => !candidate.node.reference) ?? exact[0];
  if (own !== undefined) return own;
  const ending = candidates.filter((candidate) => candidate.name.endsWith(`.${name}`));
  const distinct = [...new Set(ending.map((candidate) => candidate.name))];
  if (distinct.length > 1) throw functionAmbiguous(name, file, distinct);
  return ending[0] ?? null;
}

async function locate(source: SourceInScript, found: Candidate): Promise<SourceLocation> {
  const original = await source.script.original(found.node.position);
  const body = await source.script.original(found.node.bodyPosition);
  // The position before a method's parameters may map to an earlier token; the body never does.
  return { ...(original.file === body.file ? original : body), function: found.name };
}

function closest(names: readonly string[], wanted: string): string[] {
  const words = wanted.toLowerCase().split(/[^a-z0-9]+/);
  const score = (name: string) => words.filter((word) => word !== '' && name.toLowerCase().includes(word)).length;
  return [...names].sort((a, b) => score(b) - score(a));
}
