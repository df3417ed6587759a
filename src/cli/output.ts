/** One JSON value on stdout, as every command with --json prints exactly one. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Progress and notes go to stderr, so that stdout stays the answer. */
export function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

export const useColor = (): boolean => process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
