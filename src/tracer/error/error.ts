/**
 * Every failure a user can meet, each made by a named constructor: one sentence that says what is wrong and what to do.
 * Thrown across API borders; the command line prints `message` and exits with 1, the extension shows it as it is.
 */
export class NodeScopeError extends Error {
  override readonly name = 'NodeScopeError';
  constructor(
    /** Stable, for programs: `target.not-node`, `plan.invalid` ... */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Text of anything thrown, one line, bounded. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
