import type { Queryable } from '../database/connect.js';

/** What others may see of a user: never the e-mail address or the password hash. */
export interface PublicUser {
  id: number;
  username: string;
}

export class UserRepository {
  constructor(private readonly db: Queryable) {}

  async list(limit: number, offset: number): Promise<PublicUser[]> {
    const { rows } = await this.db.query<PublicUser>('SELECT id, username FROM users ORDER BY id LIMIT $1 OFFSET $2', [
      limit,
      offset,
    ]);
    return rows;
  }
}
