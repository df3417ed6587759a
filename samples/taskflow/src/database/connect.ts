import pg from 'pg';
import { startEmbeddedDatabase } from './embedded/start.js';

export type Pool = pg.Pool;
/** What repositories need: the pool itself, or one client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

export interface Database {
  kind: 'embedded' | 'server';
  /** Process id of the embedded database; null for a server, which is none of ours. */
  pid: number | null;
  pool: Pool;
  /** Settles when an embedded database ends; never for a server. */
  exited: Promise<void>;
  close(): Promise<void>;
}

// A DATE has no time zone; the driver's default would turn it into local midnight.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/**
 * Opens the server at `url`, or an embedded database when there is none; the code above the pool is the same.
 * Rejects with an Error that says what to do when the database cannot be used.
 */
export async function connectDatabase(url: string | undefined, poolSize: number): Promise<Database> {
  if (url) {
    const pool = openPool(url, poolSize);
    await pool.query('SELECT 1').catch((error: unknown) => {
      throw new Error(`The database server cannot be used (${reasonOf(error)}); check DATABASE_URL, or unset it.`);
    });
    return { kind: 'server', pid: null, pool, exited: new Promise(() => {}), close: () => pool.end() };
  }
  const embedded = await startEmbeddedDatabase();
  const pool = openPool(embedded.url, poolSize);
  return {
    kind: 'embedded',
    pid: embedded.pid,
    pool,
    exited: embedded.exited,
    close: async () => {
      await pool.end();
      await embedded.stop();
    },
  };
}

/** A pool whose idle connections may break without taking the process down: the next query reports it. */
export function openPool(url: string, max: number): Pool {
  const pool = new pg.Pool({ connectionString: url, max });
  pool.on('error', (error) => console.error(`An idle database connection broke: ${error.message}`));
  return pool;
}

/** Trying several addresses of one host fails with an error that has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
