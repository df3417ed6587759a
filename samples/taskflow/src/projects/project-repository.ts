import type { Pool } from '../database/connect.js';
import { withTransaction } from '../database/transaction.js';
import type { Holding } from '../tasks/task.js';
import type { NewProject, Project, ProjectPatch, ProjectStatus, ProjectSummary } from './project.js';

const COLUMNS = `id, name, description, status, owner_id AS "ownerId", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** All statements about projects. Ids that do not exist give null, not an error. */
export class ProjectRepository {
  constructor(private readonly pool: Pool) {}

  async list(filter: { status?: ProjectStatus; limit: number; offset: number }): Promise<ProjectSummary[]> {
    const { rows } = await this.pool.query<ProjectSummary>(
      `SELECT ${COLUMNS},
         (SELECT count(*)::int FROM tasks WHERE project_id = projects.id) AS tasks,
         (SELECT count(*)::int FROM tasks WHERE project_id = projects.id AND tasks.status = 'completed') AS "completedTasks"
       FROM projects WHERE $1::text IS NULL OR status = $1 ORDER BY id LIMIT $2 OFFSET $3`,
      [filter.status ?? null, filter.limit, filter.offset],
    );
    return rows;
  }

  async findById(id: number): Promise<Project | null> {
    const { rows } = await this.pool.query<Project>(`SELECT ${COLUMNS} FROM projects WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  async insert(project: NewProject): Promise<Project> {
    const { rows } = await this.pool.query<Project>(
      `INSERT INTO projects (name, description, owner_id) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
      [project.name, project.description ?? '', project.ownerId],
    );
    return rows[0] as Project;
  }

  async update(id: number, patch: ProjectPatch): Promise<Project | null> {
    const { rows } = await this.pool.query<Project>(
      `UPDATE projects SET name = coalesce($2, name), description = coalesce($3, description),
         status = coalesce($4, status), updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, patch.name ?? null, patch.description ?? null, patch.status ?? null],
    );
    return rows[0] ?? null;
  }

  /** Those a user owns, in the order they were made. */
  async findByOwner(ownerId: number): Promise<Project[]> {
    const { rows } = await this.pool.query<Project>(`SELECT ${COLUMNS} FROM projects WHERE owner_id = $1 ORDER BY id`, [
      ownerId,
    ]);
    return rows;
  }

  /** Of those a user owns, and those it has tasks in. */
  async findIdsByMember(userId: number): Promise<number[]> {
    const { rows } = await this.pool.query<{ id: number }>(
      'SELECT id FROM projects WHERE owner_id = $1 UNION SELECT project_id FROM tasks WHERE assignee_id = $1',
      [userId],
    );
    return rows.map((row) => row.id);
  }

  /** Of active projects, at most `most`, the oldest first. */
  async findActiveIds(most: number): Promise<number[]> {
    const { rows } = await this.pool.query<{ id: number }>(
      `SELECT id FROM projects WHERE status = 'active' ORDER BY id LIMIT $1`,
      [most],
    );
    return rows.map((row) => row.id);
  }

  async findByIds(ids: readonly number[]): Promise<Project[]> {
    const { rows } = await this.pool.query<Project>(
      `SELECT ${COLUMNS} FROM projects WHERE id = ANY($1::int[]) ORDER BY id`,
      [ids],
    );
    return rows;
  }

  /** Deletes a project with its tasks, and returns what they were. */
  async delete(id: number): Promise<{ project: Project; tasks: Holding[] } | null> {
    return withTransaction(this.pool, async (client) => {
      // Locked first: a task that is being created in the project waits, and then finds no project.
      const found = await client.query<Project>(`SELECT ${COLUMNS} FROM projects WHERE id = $1 FOR UPDATE`, [id]);
      const project = found.rows[0];
      if (!project) return null;
      const deleted = await client.query<Holding>(
        'DELETE FROM tasks WHERE project_id = $1 RETURNING status, assignee_id AS "assigneeId"',
        [id],
      );
      await client.query('DELETE FROM projects WHERE id = $1', [id]);
      return { project, tasks: deleted.rows };
    });
  }
}
