import { pick, seededRandom } from '../random.js';
import { hashPassword } from '../users/password.js';
import type { Pool } from './connect.js';
import { withTransaction } from './transaction.js';

export interface SeedSize {
  users: number;
  projects: number;
  tasks: number;
}

export const seedSizes = {
  small: { users: 20, projects: 10, tasks: 200 },
  large: { users: 200, projects: 100, tasks: 10_000 },
} as const satisfies Record<string, SeedSize>;

const VERBS = ['Write', 'Review', 'Fix', 'Plan', 'Test', 'Ship', 'Measure', 'Document'];
const OBJECTS = ['the sign-up form', 'the invoice export', 'the search index', 'the billing job', 'the landing page'];
const REMARKS = ['Who can look at this?', 'Half of it is done.', 'Blocked until the review.', 'Ready, please check.'];
const AREAS = ['Website', 'Mobile app', 'Billing', 'Search', 'Onboarding', 'Operations', 'Research', 'Support'];

/**
 * Fills an empty database; one that has users is left alone. The same size gives the same rows (but for password
 * salts and timestamps): tasks go round the projects, a third are assigned, a tenth are completed.
 * Every seeded user's password is "taskflow", and every fourth task has a comment by its assignee or else by its project's owner.
 */
export async function seed(pool: Pool, size: SeedSize): Promise<void> {
  const passwordHash = await hashPassword('taskflow');
  const random = seededRandom(20_240_601);
  await withTransaction(pool, async (client) => {
    // Two processes on one server: the second waits here and then finds users.
    await client.query('LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await client.query<{ seeded: boolean }>('SELECT EXISTS (SELECT 1 FROM users) AS seeded');
    if (rows[0]?.seeded) return;

    const users = Array.from({ length: size.users }, (_, index) => `user${index + 1}`);
    const userIds = await client.query<{ id: number }>(
      `INSERT INTO users (email, username, password_hash)
       SELECT name || '@taskflow.example', name, $2 FROM unnest($1::text[]) WITH ORDINALITY AS given (name, position)
       ORDER BY position RETURNING id`,
      [users, passwordHash],
    );
    const ids = userIds.rows.map((row) => row.id);

    const projectRows = Array.from({ length: size.projects }, (_, index) => ({
      name: `${pick(AREAS, random())} ${index + 1}`,
      owner: ids[index % ids.length],
    }));
    const projectIds = await client.query<{ id: number }>(
      `INSERT INTO projects (name, owner_id)
       SELECT name, owner FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS given (name, owner, position)
       ORDER BY position RETURNING id`,
      [projectRows.map((row) => row.name), projectRows.map((row) => row.owner)],
    );

    const taskRows = Array.from({ length: size.tasks }, (_, index) => {
      const assignee = random() < 1 / 3 ? pick(ids, random()) : undefined;
      return {
        project: projectIds.rows[index % projectIds.rows.length]?.id,
        title: `${pick(VERBS, random())} ${pick(OBJECTS, random())}`,
        status: random() < 0.1 ? 'completed' : assignee === undefined ? 'todo' : 'in_progress',
        priority: pick(['low', 'medium', 'high'], random()),
        dueInDays: random() < 0.5 ? Math.floor(random() * 60) : null,
        assignee: assignee ?? null,
      };
    });
    const taskIds = await client.query<{ id: number }>(
      `INSERT INTO tasks (project_id, title, status, priority, due_date, assignee_id, completed_at)
       SELECT project, title, status, priority, current_date + due_in_days, assignee,
         CASE WHEN status = 'completed' THEN now() END
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[]) WITH ORDINALITY
         AS given (project, title, status, priority, due_in_days, assignee, position)
       ORDER BY position RETURNING id`,
      [
        taskRows.map((row) => row.project),
        taskRows.map((row) => row.title),
        taskRows.map((row) => row.status),
        taskRows.map((row) => row.priority),
        taskRows.map((row) => row.dueInDays),
        taskRows.map((row) => row.assignee),
      ],
    );

    const commentRows = taskIds.rows.flatMap(({ id }, index) => {
      const author = taskRows[index]?.assignee ?? projectRows[index % projectRows.length]?.owner;
      return index % 4 === 0 ? [{ task: id, author, body: pick(REMARKS, random()) }] : [];
    });
    await client.query(
      `INSERT INTO comments (task_id, author_id, body)
       SELECT task, author, body FROM unnest($1::int[], $2::int[], $3::text[]) WITH ORDINALITY
         AS given (task, author, body, position)
       ORDER BY position`,
      [commentRows.map((row) => row.task), commentRows.map((row) => row.author), commentRows.map((row) => row.body)],
    );
  });
}
