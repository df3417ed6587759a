import type { Queryable } from '../database/connect.js';
import { boundsOf } from './period.js';
import type { ReportPeriod, ReportTask } from './report.js';

/** Reads what reports are made of. */
export class ReportRepository {
  constructor(private readonly db: Queryable) {}

  /** The tasks that were created or completed in the period. */
  async findTasks(period: ReportPeriod): Promise<ReportTask[]> {
    const { from, to } = boundsOf(period);
    const { rows } = await this.db.query<ReportTask>(
      `SELECT project_id AS "projectId", projects.name AS "projectName", priority,
         tasks.created_at AS "createdAt", completed_at AS "completedAt"
       FROM tasks JOIN projects ON projects.id = project_id
       WHERE (tasks.created_at >= $1 AND tasks.created_at < $2)
         OR (completed_at >= $1 AND completed_at < $2)
       ORDER BY project_id, tasks.id`,
      [from, to],
    );
    return rows;
  }
}
