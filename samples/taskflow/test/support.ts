import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { type AppOptions, buildApp } from '../dist/app.js';
import { openBus } from '../dist/bus/open-bus.js';
import { openCache } from '../dist/cache/open-cache.js';
import { openPool, type Pool } from '../dist/database/connect.js';
import { openEngine } from '../dist/database/embedded/engine.js';
import { Gateway } from '../dist/database/embedded/gateway.js';
import { migrate } from '../dist/database/migrations.js';
import { type SeedSize, seed } from '../dist/database/seed.js';
import type { Faults } from '../dist/faults.js';
import { startRelay } from './relay.js';

export interface TestDatabase {
  url: string;
  pool: Pool;
  /** The statements that reached the database since it was started, in order. */
  statements: string[];
}

interface RunningDatabase extends TestDatabase {
  close(): Promise<void>;
}

const redisUrl = process.env.REDIS_URL || undefined;
let running: Promise<RunningDatabase> | undefined;

/** One migrated database for all test files; what it is asked is noted on the database's side of the wire. */
export function testDatabase(): Promise<TestDatabase> {
  running ??= startDatabase();
  return running;
}

async function startDatabase(): Promise<RunningDatabase> {
  const statements: string[] = [];
  const note = (message: Uint8Array): void => {
    const sql = statementIn(Buffer.from(message));
    if (sql !== undefined) statements.push(sql);
  };
  const server = process.env.DATABASE_URL ? await startRelay(process.env.DATABASE_URL, note) : await startEngine(note);
  const pool = openPool(server.url, 10);
  await migrate(pool);
  const close = async (): Promise<void> => {
    await pool.end();
    await server.close();
  };
  return { url: server.url, pool, statements, close };
}

async function startEngine(note: (message: Uint8Array) => void): Promise<{ url: string; close(): Promise<void> }> {
  const engine = await openEngine();
  const gateway = new Gateway({
    execProtocolRaw: (message) => {
      note(message);
      return engine.execProtocolRaw(message);
    },
  });
  return {
    url: `postgres://postgres@127.0.0.1:${await gateway.listen()}/postgres`,
    close: async () => {
      await gateway.close();
      await engine.close();
    },
  };
}

/** The SQL of a Query or Parse message. */
function statementIn(message: Buffer): string | undefined {
  const type = String.fromCharCode(message[0] ?? 0);
  const strings = message.subarray(5).toString().split('\0');
  if (type === 'Q') return strings[0];
  return type === 'P' ? strings[1] : undefined;
}

/** Empties all tables and the cache, starts ids at 1 again and seeds. */
export async function resetData(size: SeedSize = { users: 5, projects: 3, tasks: 30 }): Promise<void> {
  const { pool } = await testDatabase();
  await pool.query('TRUNCATE users, projects, tasks RESTART IDENTITY CASCADE');
  await seed(pool, size);
  if (redisUrl) await emptyRedis(redisUrl);
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
}

export interface Reply<T> {
  status: number;
  body: T;
}

export interface TestApp {
  url: string;
  /** Of a session of user 1, which `request` uses. */
  token: string;
  request<T = Record<string, unknown>>(method: string, path: string, body?: object | string): Promise<Reply<T>>;
  close(): Promise<void>;
}

/** A session as a login would begin it, without the time that hashing a password takes. */
export async function logInAs(userId: number): Promise<string> {
  const token = `user-${userId}-`.padEnd(43, 'x');
  const { pool } = await testDatabase();
  await pool.query(
    `INSERT INTO sessions (token_hash, user_id, expires_at)
     SELECT $1, id, now() + interval '1 day' FROM users WHERE id = $2 ON CONFLICT DO NOTHING`,
    [createHash('sha256').update(token).digest(), userId],
  );
  return token;
}

/**
 * The application on a port of its own, on the shared test database unless another pool is given. Its cache and bus
 * are in Redis when `REDIS_URL` is set, unless others are given.
 */
export async function startApp(
  faults: Faults,
  pool?: Pool,
  { port = 0, ...more }: Partial<AppOptions> & { port?: number } = {},
): Promise<TestApp> {
  const database = { kind: 'embedded' as const, pid: null, pool: pool ?? (await testDatabase()).pool };
  const bus = more.bus ?? (await openBus({ redisUrl, brokerUrl: undefined }, console.error));
  const cache = more.cache ?? (await openCache(redisUrl, console.error));
  const app = await buildApp({ ...more, database, faults, bus, cache });
  // Whoever gives one closes it.
  if (!more.bus) app.addHook('onClose', () => bus.close());
  await app.listen({ port, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const token = await logInAs(1);
  return {
    url,
    token,
    request: async <T>(method: string, path: string, body?: object | string): Promise<Reply<T>> => {
      const payload = typeof body === 'object' ? JSON.stringify(body) : body;
      const response = await fetch(url + path, {
        method,
        ...(payload !== undefined && { body: payload }),
        headers: {
          authorization: `Bearer ${token}`,
          ...(payload !== undefined && { 'content-type': 'application/json' }),
        },
      });
      const text = await response.text();
      return { status: response.status, body: (text ? JSON.parse(text) : null) as T };
    },
    close: () => app.close(),
  };
}

/** Resolves once `condition` holds; rejects with `what` after `limitMs`. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

after('close the shared database', async () => {
  await (await running)?.close();
});
