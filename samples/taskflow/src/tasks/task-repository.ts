import type { Counters } from '../counters.js';
import type { Queryable } from '../database/connect.js';
import { isForeignKeyViolation, unknownReference } from '../errors.js';
import type { ImportedTask, NewTask, Task, TaskChange, TaskGone, TaskPatch, TaskStatus } from './task.js';

const COLUMNS = `id, project_id AS "projectId", title, description, status, priority, due_date AS "dueDate",
  assignee_id AS "assigneeId", created_at AS "createdAt", updated_at AS "updatedAt"`;

// Changes are dated by the clock, not by now(), which is when their transaction began: a change that waited for the
// lock of another one is the later one.
// The row as it was is locked and read in the same statement that changes it, so "before" is never out of date.
// Its columns have names of their own, so that COLUMNS stays unambiguous.
const BEFORE = `WITH old AS (SELECT id AS old_id, status AS old_status, assignee_id AS old_assignee
  FROM tasks WHERE id = $1 FOR UPDATE)`;
const RETURNING = `RETURNING ${COLUMNS}, old_status AS "oldStatus", old_assignee AS "oldAssignee"`;

// Project $1, locked so that it is not deleted before its new tasks are there. A deletion that came first is waited
// for, and then there is no project.
const PROJECT = 'WITH project AS (SELECT id FROM projects WHERE id = $1 FOR KEY SHARE)';

// The most urgent unassigned task of project $1.
const NEXT = `FROM tasks WHERE project_id = $1 AND assignee_id IS NULL AND status <> 'completed'
  ORDER BY array_position(ARRAY['high', 'medium', 'low'], priority), due_date NULLS LAST, id LIMIT 1`;

interface ChangedRow extends Task {
  oldStatus: TaskStatus;
  oldAssignee: number | null;
}

/** All statements about tasks. Ids that do not exist give null, not an error. */
export class TaskRepository {
  constructor(
    private readonly db: Queryable,
    private readonly counters: Counters,
  ) {}

  async findById(id: number): Promise<Task | null> {
    this.counters.entered('TaskRepository.findById');
    const { rows } = await this.db.query<Task>(`SELECT ${COLUMNS} FROM tasks WHERE id = $1`, [id]);
    this.counters.completed('TaskRepository.findById');
    return rows[0] ?? null;
  }

  async findIdsByProject(projectId: number): Promise<number[]> {
    const { rows } = await this.db.query<{ id: number }>('SELECT id FROM tasks WHERE project_id = $1 ORDER BY id', [
      projectId,
    ]);
    return rows.map((row) => row.id);
  }

  async findByProject(projectId: number, status?: TaskStatus): Promise<Task[]> {
    const { rows } = await this.db.query<Task>(
      `SELECT ${COLUMNS} FROM tasks WHERE project_id = $1 AND ($2::text IS NULL OR status = $2) ORDER BY id`,
      [projectId, status ?? null],
    );
    return rows;
  }

  /** The tasks of several projects, in the order they were made. */
  async findByProjects(projectIds: readonly number[]): Promise<Task[]> {
    const { rows } = await this.db.query<Task>(
      `SELECT ${COLUMNS} FROM tasks WHERE project_id = ANY($1::int[]) ORDER BY id`,
      [projectIds],
    );
    return rows;
  }

  /** What a user has been assigned, completed or not, in the order it was made. */
  async findByAssignee(userId: number): Promise<Task[]> {
    const { rows } = await this.db.query<Task>(`SELECT ${COLUMNS} FROM tasks WHERE assignee_id = $1 ORDER BY id`, [
      userId,
    ]);
    return rows;
  }

  /** Null for an unknown project. Rejects with 422 for an unknown assignee. */
  async insert(projectId: number, task: NewTask): Promise<Task | null> {
    const assigneeId = task.assigneeId ?? null;
    try {
      const { rows } = await this.db.query<Task>(
        `${PROJECT} INSERT INTO tasks (project_id, title, description, priority, due_date, assignee_id, status)
         SELECT project.id, $2, $3, $4, $5::date, $6::int, CASE WHEN $6::int IS NULL THEN 'todo' ELSE 'in_progress' END
         FROM project RETURNING ${COLUMNS}`,
        [projectId, task.title, task.description ?? '', task.priority ?? 'medium', task.dueDate ?? null, assigneeId],
      );
      return rows[0] ?? null;
    } catch (error) {
      throw assigneeId !== null && isForeignKeyViolation(error) ? unknownReference('User', assigneeId) : error;
    }
  }

  /** Inserts all of them or, for an unknown project, none; in the order given. */
  async insertAll(projectId: number, tasks: readonly ImportedTask[]): Promise<Task[]> {
    const { rows } = await this.db.query<Task>(
      `${PROJECT} INSERT INTO tasks (project_id, title, description, priority, due_date)
       SELECT project.id, given.title, given.description, given.priority, given.due_date FROM project,
         unnest($2::text[], $3::text[], $4::text[], $5::date[]) WITH ORDINALITY
           AS given (title, description, priority, due_date, position)
       ORDER BY position RETURNING ${COLUMNS}`,
      [
        projectId,
        tasks.map((task) => task.title),
        tasks.map((task) => task.description ?? ''),
        tasks.map((task) => task.priority ?? 'medium'),
        tasks.map((task) => task.dueDate ?? null),
      ],
    );
    return rows.sort((a, b) => a.id - b.id);
  }

  async update(id: number, patch: TaskPatch): Promise<TaskChange | null> {
    const { rows } = await this.db.query<ChangedRow>(
      `${BEFORE} UPDATE tasks SET title = coalesce($2, title), description = coalesce($3, description),
         status = coalesce($4, status), priority = coalesce($5, priority),
         due_date = CASE WHEN $6 THEN $7::date ELSE due_date END, updated_at = clock_timestamp(),
         completed_at = CASE WHEN coalesce($4, status) <> 'completed' THEN NULL
           WHEN old_status = 'completed' THEN completed_at ELSE clock_timestamp() END
       FROM old WHERE tasks.id = old_id ${RETURNING}`,
      [
        id,
        patch.title ?? null,
        patch.description ?? null,
        patch.status ?? null,
        patch.priority ?? null,
        patch.dueDate !== undefined,
        patch.dueDate ?? null,
      ],
    );
    return toChange(rows[0]);
  }

  /** Null also for a task that is completed already. */
  async complete(id: number): Promise<TaskChange | null> {
    const { rows } = await this.db.query<ChangedRow>(
      `${BEFORE}, moment AS (SELECT clock_timestamp() AS now FROM old)
       UPDATE tasks SET status = 'completed', completed_at = now, updated_at = now
       FROM old, moment WHERE tasks.id = old_id AND old_status <> 'completed' ${RETURNING}`,
      [id],
    );
    return toChange(rows[0]);
  }

  /** Null also for a task that is completed, or nobody's. */
  async unassign(id: number): Promise<TaskChange | null> {
    const { rows } = await this.db.query<ChangedRow>(
      `${BEFORE} UPDATE tasks SET assignee_id = NULL, status = 'todo', updated_at = clock_timestamp()
       FROM old WHERE tasks.id = old_id AND old_status <> 'completed' AND old_assignee IS NOT NULL ${RETURNING}`,
      [id],
    );
    return toChange(rows[0]);
  }

  /** Null also for a completed task: there is nothing left to assign. */
  async assign(id: number, userId: number): Promise<TaskChange | null> {
    try {
      const { rows } = await this.db.query<ChangedRow>(
        `${BEFORE} UPDATE tasks SET assignee_id = $2, status = 'in_progress', updated_at = clock_timestamp()
         FROM old WHERE tasks.id = old_id AND old_status <> 'completed' ${RETURNING}`,
        [id, userId],
      );
      return toChange(rows[0]);
    } catch (error) {
      throw isForeignKeyViolation(error) ? unknownReference('User', userId) : error;
    }
  }

  /** Gives the project's most urgent unassigned task to the user; two callers never get the same one. */
  async claimNext(projectId: number, userId: number): Promise<Task | null> {
    const { rows } = await this.db.query<Task>(
      `UPDATE tasks SET assignee_id = $2, status = 'in_progress', updated_at = clock_timestamp()
       WHERE id = (SELECT id ${NEXT} FOR UPDATE SKIP LOCKED) RETURNING ${COLUMNS}`,
      [projectId, userId],
    );
    return rows[0] ?? null;
  }

  /** The project's most urgent unassigned task, which somebody else may take at any moment. */
  async findNext(projectId: number): Promise<Task | null> {
    const { rows } = await this.db.query<Task>(`SELECT ${COLUMNS} ${NEXT}`, [projectId]);
    return rows[0] ?? null;
  }

  async delete(id: number): Promise<TaskGone | null> {
    const { rows } = await this.db.query<TaskGone>(
      'DELETE FROM tasks WHERE id = $1 RETURNING id, project_id AS "projectId", status, assignee_id AS "assigneeId"',
      [id],
    );
    return rows[0] ?? null;
  }

  /** The number of tasks that are work for each user; users without any count 0. */
  async countActiveByUser(): Promise<Map<number, number>> {
    const { rows } = await this.db.query<{ id: number; active: number }>(
      `SELECT users.id, count(tasks.id)::int AS active FROM users
       LEFT JOIN tasks ON tasks.assignee_id = users.id AND tasks.status <> 'completed' GROUP BY users.id ORDER BY users.id`,
    );
    return new Map(rows.map((row) => [row.id, row.active]));
  }
}

function toChange(row: ChangedRow | undefined): TaskChange | null {
  if (!row) return null;
  const { oldStatus, oldAssignee, ...task } = row;
  return { task, before: { status: oldStatus, assigneeId: oldAssignee } };
}
