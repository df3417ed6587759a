import { NodeScopeError } from './error.ts';

/** Quotes text that came from outside: one line, bounded, so that a message stays one readable sentence. */
export function quoted(text: string, limit = 80): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return `"${line.length > limit ? `${line.slice(0, limit)}…` : line}"`;
}

/** The plan `origin` (a file name or "the plan") breaks a rule; `why` names the place in it and what is allowed. */
export function planInvalid(origin: string, why: string): NodeScopeError {
  return new NodeScopeError('plan.invalid', `${origin}: ${why}.`);
}

/** The plan uses a probe kind that exists in the format but not in this version. */
export function planUnsupported(origin: string, place: string, kind: string): NodeScopeError {
  return new NodeScopeError(
    'plan.unsupported',
    `${origin}: ${place} is a ${quoted(kind)} probe, which is not supported in this version; use "function", "watch" or "library".`,
  );
}

/** A `when` condition leaves the safe subset, or is no expression at all. */
export function expressionInvalid(text: string, why: string): NodeScopeError {
  return new NodeScopeError('plan.expression', `the condition ${quoted(text)} ${why}.`);
}

/** A capture or watch path leaves the safe subset. */
export function pathInvalid(text: string, why: string): NodeScopeError {
  return new NodeScopeError('plan.path', `the path ${quoted(text)} ${why}.`);
}

/** The workspace folder cannot be analysed at all. */
export function workspaceUnreadable(directory: string, why: string): NodeScopeError {
  return new NodeScopeError(
    'plan.workspace',
    `the workspace ${directory} cannot be read (${why}); give an existing folder with --workspace.`,
  );
}
