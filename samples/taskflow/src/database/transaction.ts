import type { Pool, Queryable } from './connect.js';

/** Runs `work` on one connection between BEGIN and COMMIT; rolls back and rethrows when it fails. */
export const withTransaction = async <T>(pool: Pool, work: (client: Queryable) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback;
    });
    throw error;
  } finally {
    client.release(broken);
  }
};
