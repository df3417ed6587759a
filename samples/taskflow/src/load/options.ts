import { parseArgs } from 'node:util';
import { type Mix, mixes } from './actions.js';

export interface LoadOptions {
  url: URL;
  users: number;
  durationMs: number;
  seed: number;
  /** Actions per second of all users together; 0 for no pauses at all. */
  rate: number;
  mix: Mix;
  /** Over which the users join one after the other; 0 for all at once. */
  rampMs: number;
  /** All users begin each of their actions at the same moment. */
  burst: boolean;
  json: boolean;
  /** Print this many planned actions of each user instead of performing any; 0 to run. */
  list: number;
  help: boolean;
}

export const usage = `Usage: npm run load -- [options]
  --url URL         the server (default http://127.0.0.1:4000)
  --users N         virtual users (default 20)
  --duration TIME   how long, such as 500ms, 10s or 2m (default 10s)
  --seed N          the same seed gives the same actions (default 1)
  --rate N          actions per second of all users together; 0 for no pauses (default 5 for each user)
  --mix all|tasks   all that TaskFlow can do, or tasks and projects only (default all)
  --ramp TIME       the users join evenly over this time (default: all at once)
  --burst N         N users who begin each of their actions together, the next when all have finished;
                    instead of --users, --rate and --ramp
  --json            print one JSON object instead of a table
  --list N          print the first N planned actions of each user, and do nothing else`;

/** Throws an Error whose message says which option is wrong and what it may be. */
export function parseOptions(args: string[]): LoadOptions {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000' },
      users: { type: 'string', default: '20' },
      duration: { type: 'string', default: '10s' },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string' },
      mix: { type: 'string', default: 'all' },
      ramp: { type: 'string' },
      burst: { type: 'string' },
      json: { type: 'boolean', default: false },
      list: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  const burst = values.burst === undefined ? undefined : number('--burst', values.burst, 1, 10_000);
  const users = burst ?? number('--users', values.users, 1, 10_000);
  const durationMs = duration('--duration', values.duration);
  const rampMs = values.ramp === undefined ? 0 : duration('--ramp', values.ramp);
  if (rampMs > durationMs) throw new Error(`--ramp is "${values.ramp}"; use a time that is not above --duration.`);
  return {
    url: httpUrl(values.url),
    users,
    durationMs,
    seed: number('--seed', values.seed, 0, 4_294_967_295),
    rate: number('--rate', values.rate ?? String(users * 5), 0, 1_000_000),
    mix: mix(values.mix),
    rampMs: burst === undefined ? rampMs : 0,
    burst: burst !== undefined,
    json: values.json,
    list: number('--list', values.list, 0, 100_000),
    help: values.help,
  };
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:') return url;
  throw new Error(`--url is "${text}"; use an address such as http://127.0.0.1:4000.`);
}

function mix(text: string): Mix {
  if (text === 'all' || text === 'tasks') return text;
  throw new Error(`--mix is "${text}"; use one of ${Object.keys(mixes).join(', ')}.`);
}

function duration(name: string, text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h'];
  if (ms > 0 && ms <= 24 * 3_600_000) return ms;
  throw new Error(`${name} is "${text}"; use a time up to 24h such as 500ms, 10s or 2m.`);
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${text}"; use a whole number from ${least} to ${most}.`);
}
