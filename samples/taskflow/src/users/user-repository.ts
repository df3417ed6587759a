import type { Queryable } from '../database/connect.js';
import { brokenUniqueness, conflict } from '../errors.js';
import type { Account, PublicUser } from './user.js';

const COLUMNS = 'id, username, email, created_at AS "createdAt", updated_at AS "updatedAt"';

/** The columns of an account that change, the password as its hash. */
export interface AccountColumns {
  email: string;
  username: string;
  passwordHash: string;
}

/** All statements about users. Names and addresses are compared regardless of case. */
export class UserRepository {
  constructor(private readonly db: Queryable) {}

  async list(limit: number, offset: number): Promise<PublicUser[]> {
    const { rows } = await this.db.query<PublicUser>('SELECT id, username FROM users ORDER BY id LIMIT $1 OFFSET $2', [
      limit,
      offset,
    ]);
    return rows;
  }

  async findByIds(ids: readonly number[]): Promise<PublicUser[]> {
    const { rows } = await this.db.query<PublicUser>('SELECT id, username FROM users WHERE id = ANY($1::int[])', [ids]);
    return rows;
  }

  async findById(id: number): Promise<Account | null> {
    const { rows } = await this.db.query<Account>(`SELECT ${COLUMNS} FROM users WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** By e-mail address or user name; a user name cannot look like an address. */
  async findByLogin(login: string): Promise<{ id: number; passwordHash: string } | null> {
    const { rows } = await this.db.query<{ id: number; passwordHash: string }>(
      'SELECT id, password_hash AS "passwordHash" FROM users WHERE lower(email) = lower($1) OR lower(username) = lower($1)',
      [login],
    );
    return rows[0] ?? null;
  }

  async passwordHashOf(id: number): Promise<string | null> {
    const { rows } = await this.db.query<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE id = $1', [
      id,
    ]);
    return rows[0]?.hash ?? null;
  }

  /** Rejects with 409 when the address or the name is taken. */
  async insert(user: AccountColumns): Promise<Account> {
    const { rows } = await this.db
      .query<Account>(`INSERT INTO users (email, username, password_hash) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`, [
        user.email,
        user.username,
        user.passwordHash,
      ])
      .catch(sayWhatIsTaken);
    return rows[0] as Account;
  }

  /** Columns left out stay as they are. Rejects with 409 when the address or the name is taken. */
  async update(id: number, patch: Partial<AccountColumns>): Promise<Account | null> {
    const { rows } = await this.db
      .query<Account>(
        `UPDATE users SET email = coalesce($2, email), username = coalesce($3, username),
           password_hash = coalesce($4, password_hash), updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, patch.email ?? null, patch.username ?? null, patch.passwordHash ?? null],
      )
      .catch(sayWhatIsTaken);
    return rows[0] ?? null;
  }
}

function sayWhatIsTaken(error: unknown): never {
  const constraint = brokenUniqueness(error);
  if (constraint === undefined) throw error;
  const what = constraint.includes('email') ? 'This e-mail address' : 'This user name';
  throw conflict(`${what} is taken already; choose another one, or log in if it is yours.`);
}
