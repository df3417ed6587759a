import type { Queryable } from '../database/connect.js';
import type { Session } from './session.js';

const key = (id: string): Buffer => Buffer.from(id, 'hex');

/** All statements about sessions. */
export class SessionRepository {
  constructor(private readonly db: Queryable) {}

  async insert(id: string, userId: number, expiresAt: Date): Promise<void> {
    await this.db.query('INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3)', [
      key(id),
      userId,
      expiresAt,
    ]);
  }

  /** Null for an unknown session and for one that has expired. */
  async find(id: string): Promise<Session | null> {
    const { rows } = await this.db.query<{ id: number; username: string }>(
      `SELECT users.id, username FROM sessions JOIN users ON users.id = user_id
       WHERE token_hash = $1 AND expires_at > now()`,
      [key(id)],
    );
    return rows[0] ? { id, user: rows[0] } : null;
  }

  async delete(id: string): Promise<void> {
    await this.db.query('DELETE FROM sessions WHERE token_hash = $1', [key(id)]);
  }

  /** All of a user's sessions but one; returns which they were. */
  async deleteOthers(userId: number, keep: string): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>(
      `DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2 RETURNING encode(token_hash, 'hex') AS id`,
      [userId, key(keep)],
    );
    return rows.map((row) => row.id);
  }

  /** Those of `ids` that exist and have not expired. */
  async findLive(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>(
      `SELECT encode(token_hash, 'hex') AS id FROM sessions WHERE token_hash = ANY($1::bytea[]) AND expires_at > now()`,
      [ids.map(key)],
    );
    return rows.map((row) => row.id);
  }

  async deleteExpired(): Promise<void> {
    await this.db.query('DELETE FROM sessions WHERE expires_at <= now()');
  }
}
