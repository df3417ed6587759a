import type { Pool } from './connect.js';
import { withTransaction } from './transaction.js';

interface Migration {
  name: string;
  sql: string;
}

/** In order; a migration that has been released is never changed, only followed by another one. */
export const migrations: readonly Migration[] = [
  {
    name: '001-users',
    sql: `CREATE TABLE users (
      id serial PRIMARY KEY,
      email text NOT NULL UNIQUE,
      username text NOT NULL UNIQUE,
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    name: '002-projects',
    sql: `CREATE TABLE projects (
      id serial PRIMARY KEY,
      name text NOT NULL,
      description text NOT NULL DEFAULT '',
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
      owner_id integer NOT NULL REFERENCES users (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    name: '003-tasks',
    sql: `CREATE TABLE tasks (
      id serial PRIMARY KEY,
      project_id integer NOT NULL REFERENCES projects (id),
      title text NOT NULL,
      description text NOT NULL DEFAULT '',
      status text NOT NULL DEFAULT 'todo' CHECK (status IN ('todo', 'in_progress', 'completed')),
      priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high')),
      due_date date,
      assignee_id integer REFERENCES users (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX tasks_project ON tasks (project_id, id);
    CREATE INDEX tasks_assignee ON tasks (assignee_id)`,
  },
  {
    name: '004-logins-in-any-case',
    sql: `CREATE UNIQUE INDEX users_email_any_case ON users (lower(email));
    CREATE UNIQUE INDEX users_username_any_case ON users (lower(username))`,
  },
  {
    name: '005-sessions',
    sql: `CREATE TABLE sessions (
      token_hash bytea PRIMARY KEY,
      user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX sessions_user ON sessions (user_id);
    CREATE INDEX sessions_expiry ON sessions (expires_at)`,
  },
  {
    name: '006-comments',
    sql: `CREATE TABLE comments (
      id serial PRIMARY KEY,
      task_id integer NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
      author_id integer NOT NULL REFERENCES users (id),
      body text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX comments_task ON comments (task_id, id)`,
  },
  {
    name: '007-audit-log',
    sql: `CREATE TABLE audit_log (
      id bigserial PRIMARY KEY,
      user_id integer NOT NULL REFERENCES users (id),
      action varchar(40) NOT NULL,
      detail varchar(120) NOT NULL,
      at timestamptz NOT NULL DEFAULT now()
    )`,
  },
  {
    name: '008-project-owners',
    sql: 'CREATE INDEX projects_owner ON projects (owner_id)',
  },
  {
    // Of tasks completed before, the latest change is the best that is known.
    name: '009-completion-times',
    sql: `ALTER TABLE tasks ADD COLUMN completed_at timestamptz;
    UPDATE tasks SET completed_at = updated_at WHERE status = 'completed'`,
  },
];

// Any number will do, as long as every TaskFlow uses the same one.
const MIGRATION_LOCK = 7_210_531;

/** Brings the schema up to date. Several processes may call it at once: the first one migrates, the others wait. */
export async function migrate(pool: Pool): Promise<void> {
  await withTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const applied = await client.query<{ name: string }>('SELECT name FROM schema_migrations');
    const done = new Set(applied.rows.map((row) => row.name));
    for (const migration of migrations) {
      if (done.has(migration.name)) continue;
      await client.query(migration.sql);
      await client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [migration.name]);
    }
  });
}
