import type { Queryable } from '../database/connect.js';
import type { Recipient } from './notification.js';

/** Finds out whom to write to, for many at once. */
export class RecipientRepository {
  constructor(private readonly db: Queryable) {}

  /** By the user's id. */
  async findUsers(ids: readonly number[]): Promise<Map<number, Recipient>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.db.query<Recipient>('SELECT id, username, email FROM users WHERE id = ANY($1::int[])', [
      ids,
    ]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The owners, by the project's id. */
  async findOwners(projectIds: readonly number[]): Promise<Map<number, Recipient>> {
    if (projectIds.length === 0) return new Map();
    const { rows } = await this.db.query<Recipient & { projectId: number }>(
      `SELECT projects.id AS "projectId", users.id, username, email
       FROM projects JOIN users ON users.id = owner_id WHERE projects.id = ANY($1::int[])`,
      [projectIds],
    );
    return new Map(rows.map(({ projectId, ...owner }) => [projectId, owner]));
  }
}
