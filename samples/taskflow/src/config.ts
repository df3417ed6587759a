import { type SeedSize, seedSizes } from './database/seed.js';
import { type Faults, parseFaults } from './faults.js';
import { type StorageFailure, storageFailures } from './storage/file-storage-client.js';

export interface Config {
  port: number;
  host: string;
  /** A PostgreSQL server; undefined for the embedded database. */
  databaseUrl: string | undefined;
  poolSize: number;
  seedSize: SeedSize;
  faults: Faults;
  logLevel: string;
  /** Worker threads for projects at a time. */
  workers: number;
  /** Who takes mail and webhooks; undefined for a mock service of its own. */
  notifyUrl: string | undefined;
  /** What the file storage is to fail at. */
  storageFailure: StorageFailure;
  /** A Redis server for cache and bus; undefined for this process's memory. */
  redisUrl: string | undefined;
  /** A broker that connects nodes without Redis. */
  brokerUrl: string | undefined;
  /** This process's name among the nodes. */
  node: string;
  /** The node whose TaskManager this one uses; undefined for one of its own. */
  peerUrl: string | undefined;
  /** What nodes show each other; undefined when this one serves no others. */
  clusterSecret: string | undefined;
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
    workers: integer('TASKFLOW_WORKERS', env.TASKFLOW_WORKERS, 4, 1, 64),
    notifyUrl: address('NOTIFY_URL', env.NOTIFY_URL, 'http://127.0.0.1:4200', ['http:', 'https:'])?.replace(/\/$/, ''),
    storageFailure: storageFailure(env.TASKFLOW_STORAGE_FAIL),
    redisUrl: address('REDIS_URL', env.REDIS_URL, 'redis://127.0.0.1:6379', ['redis:', 'rediss:']),
    brokerUrl: address('TASKFLOW_BUS', env.TASKFLOW_BUS, 'tcp://127.0.0.1:4100', ['tcp:']),
    ...clusterSettings(env),
  };
}

/** The address of a server on this host: an IPv6 address needs brackets in a URL. */
export function httpAddress(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function clusterSettings(env: NodeJS.ProcessEnv): Pick<Config, 'node' | 'peerUrl' | 'clusterSecret'> {
  const peerUrl = address('TASKFLOW_PEER', env.TASKFLOW_PEER, 'http://127.0.0.1:4001', ['http:']);
  const clusterSecret = env.TASKFLOW_SECRET || undefined;
  if (peerUrl && !clusterSecret) {
    throw new Error('TASKFLOW_PEER needs TASKFLOW_SECRET; set it to the same text on both nodes.');
  }
  return { node: env.TASKFLOW_NODE || 'main', peerUrl, clusterSecret };
}

function address(name: string, text: string | undefined, example: string, protocols: string[]): string | undefined {
  if (!text) return undefined;
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  throw new Error(`${name} is "${text}"; use an address such as ${example}.`);
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

function storageFailure(text = 'none'): StorageFailure {
  const failure = storageFailures.find((known) => known === text);
  if (failure) return failure;
  throw new Error(`TASKFLOW_STORAGE_FAIL is "${text}"; use one of ${storageFailures.join(', ')}.`);
}

function integer(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${text}"; use a whole number from ${least} to ${most}.`);
}
