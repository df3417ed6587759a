import { type ParseArgsConfig, parseArgs } from 'node:util';
import { NodeScopeError, textOf } from '../tracer/error/error.ts';
import { parseDuration } from './duration.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** A command's own mistake in use: one sentence and where to read more. */
export const usage = (why: string) =>
  new NodeScopeError('cli.usage', `${why}; run "nodescope --help" to see how it is used.`);

const TARGET: Options = {
  pid: { type: 'string', multiple: true },
  port: { type: 'string', multiple: true },
  ws: { type: 'string', multiple: true },
  host: { type: 'string' },
};

/** The options of each command (DESIGN 8). */
export const COMMANDS: Readonly<Record<string, Options>> = {
  list: { json: { type: 'boolean' } },
  plan: {
    ...TARGET,
    ask: { type: 'string' },
    workspace: { type: 'string' },
    strategy: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean' },
  },
  record: {
    ...TARGET,
    plan: { type: 'string' },
    ask: { type: 'string' },
    probe: { type: 'string', multiple: true },
    duration: { type: 'string' },
    out: { type: 'string' },
    workspace: { type: 'string' },
    strategy: { type: 'string' },
    json: { type: 'boolean' },
  },
  report: { json: { type: 'boolean' } },
  query: {
    type: { type: 'string', multiple: true },
    function: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    text: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
  },
  state: { at: { type: 'string' }, watch: { type: 'string' }, json: { type: 'boolean' } },
};

export interface Parsed {
  readonly command: string;
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
  /** What stands behind `--`. */
  readonly program: readonly string[];
}

/** Splits a command line. Throws `cli.usage`. */
export function parseCommandLine(argv: readonly string[]): Parsed {
  const [command = '', ...rest] = argv;
  const options = COMMANDS[command];
  if (options === undefined) throw usage(command === '' ? 'no command was given' : `there is no command "${command}"`);
  const split = rest.indexOf('--');
  const args = split < 0 ? rest : rest.slice(0, split);
  const program = split < 0 ? [] : rest.slice(split + 1);
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { command, values: values as Parsed['values'], positionals, program };
  } catch (error) {
    throw usage(
      textOf(error)
        .replace(/\.? To specify.*$/, '')
        .replace(/\.$/, ''),
    );
  }
}

/** One string option. */
export function text(parsed: Parsed, name: string): string | undefined {
  const value = parsed.values[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of a repeatable option. */
export function texts(parsed: Parsed, name: string): string[] {
  const value = parsed.values[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A positive whole number. Throws `cli.usage`. */
export function wholeNumber(value: string, name: string, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > max)
    throw usage(`--${name} takes a whole number from 1 to ${max}, not "${value}"`);
  return number;
}

/** A time in a recording: `1.5s`, `200ms`, `3us`, or bare nanoseconds; nanoseconds. Throws `cli.usage`. */
export function time(value: string, name: string): number {
  const ns = /^\d+$/.test(value) ? Number(value) : parseDuration(value);
  if (ns === null || !Number.isSafeInteger(ns))
    throw usage(`--${name} takes a time such as 1.5s, 200ms or nanoseconds, not "${value}"`);
  return ns;
}
