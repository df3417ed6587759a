import { type SeedSize, seedSizes } from './database/seed.js';
import { type Faults, parseFaults } from './faults.js';

export interface Config {
  port: number;
  host: string;
  /** A PostgreSQL server; undefined for the embedded database. */
  databaseUrl: string | undefined;
  poolSize: number;
  seedSize: SeedSize;
  faults: Faults;
  logLevel: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads the environment; throws an Error whose message says which variable is wrong and what it may be. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: integer('PORT', env.PORT, 4000, 0, 65_535),
    host: env.HOST || '127.0.0.1',
    databaseUrl: env.DATABASE_URL || undefined,
    poolSize: integer('DATABASE_POOL', env.DATABASE_POOL, 10, 1, 100),
    seedSize: parseSeed(env.TASKFLOW_SEED),
    faults: parseFaults(env.TASKFLOW_FAULTS),
    logLevel: logLevel(env.LOG_LEVEL),
  };
}

/** `small`, `large`, or three counts: users, projects, tasks. */
export function parseSeed(text = 'small'): SeedSize {
  if (text === 'small' || text === 'large') return seedSizes[text];
  const counts = /^(\d{1,4}),(\d{1,4}),(\d{1,6})$/.exec(text)?.slice(1).map(Number);
  const [users = 0, projects = 0, tasks = 0] = counts ?? [];
  if (users >= 1 && projects >= 1) return { users, projects, tasks };
  throw new Error(`TASKFLOW_SEED is "${text}"; use small, large, or users,projects,tasks such as 20,10,200.`);
}

function logLevel(text = 'warn'): string {
  if (LOG_LEVELS.includes(text)) return text;
  throw new Error(`LOG_LEVEL is "${text}"; use one of ${LOG_LEVELS.join(', ')}.`);
}

function integer(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${text}"; use a whole number from ${least} to ${most}.`);
}
