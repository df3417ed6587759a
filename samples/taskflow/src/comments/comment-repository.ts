import type { Queryable } from '../database/connect.js';
import type { Comment } from './comment.js';

/** A comment and the project its task belongs to. */
export interface CommentInProject {
  comment: Comment;
  projectId: number;
}

type Row = Comment & { projectId: number };

const COLUMNS = `comments.id, task_id AS "taskId", author_id AS "authorId", username AS author, body,
  comments.created_at AS "createdAt", comments.updated_at AS "updatedAt"`;
const WITH_AUTHOR = `SELECT ${COLUMNS} FROM comments JOIN users ON users.id = author_id`;
const IN_PROJECT = `SELECT ${COLUMNS}, project_id AS "projectId"
  FROM comments JOIN users ON users.id = author_id JOIN tasks ON tasks.id = task_id`;

/** All statements about comments. Ids that do not exist give null, not an error. */
export class CommentRepository {
  constructor(private readonly db: Queryable) {}

  /** The oldest first; null for an unknown task. */
  async findByTask(taskId: number): Promise<Comment[] | null> {
    const { rows } = await this.db.query<Comment>(`${WITH_AUTHOR} WHERE task_id = $1 ORDER BY comments.id`, [taskId]);
    if (rows.length > 0) return rows;
    const task = await this.db.query('SELECT 1 FROM tasks WHERE id = $1', [taskId]);
    return task.rows.length === 0 ? null : [];
  }

  /** Those on all of a project's tasks, the oldest first. */
  async findByProject(projectId: number): Promise<Comment[]> {
    const { rows } = await this.db.query<Comment>(
      `${WITH_AUTHOR} WHERE task_id IN (SELECT id FROM tasks WHERE project_id = $1) ORDER BY comments.id`,
      [projectId],
    );
    return rows;
  }

  async findById(id: number): Promise<CommentInProject | null> {
    const { rows } = await this.db.query<Row>(`${IN_PROJECT} WHERE comments.id = $1`, [id]);
    return inProject(rows[0]);
  }

  /** Null for an unknown task. */
  async insert(taskId: number, authorId: number, body: string): Promise<CommentInProject | null> {
    const { rows } = await this.db.query<Row>(
      `WITH tasks AS (SELECT id, project_id FROM tasks WHERE id = $1 FOR KEY SHARE),
         comments AS (INSERT INTO comments (task_id, author_id, body) SELECT id, $2, $3 FROM tasks RETURNING *)
       ${IN_PROJECT}`,
      [taskId, authorId, body],
    );
    return inProject(rows[0]);
  }

  async update(id: number, body: string): Promise<void> {
    await this.db.query('UPDATE comments SET body = $2, updated_at = now() WHERE id = $1', [id, body]);
  }

  async delete(id: number): Promise<void> {
    await this.db.query('DELETE FROM comments WHERE id = $1', [id]);
  }
}

function inProject(row: Row | undefined): CommentInProject | null {
  if (!row) return null;
  const { projectId, ...comment } = row;
  return { comment, projectId };
}
