import type { Queryable } from '../database/connect.js';
import type { TaskPriority, TaskStatus } from '../tasks/task.js';

export interface ProjectStatistics {
  projectId: number;
  counts: { status: TaskStatus; priority: TaskPriority; tasks: number }[];
  overdue: number;
  comments: number;
  /** Mean hours from a task's creation to its completion; null while none is completed. */
  hoursToComplete: number | null;
  members: { userId: number; username: string; open: number; completed: number }[];
  /** Days of the last thirty on which something was completed. */
  completedByDay: { day: string; tasks: number }[];
}

/** The figures of one project, calculated by the database from all its tasks. */
export class ProjectStatisticsRepository {
  constructor(private readonly db: Queryable) {}

  /** For a project without tasks, or one that does not exist, everything is 0 or empty. */
  async find(projectId: number): Promise<ProjectStatistics> {
    const [counts, totals, members, completedByDay] = await Promise.all([
      this.rows<ProjectStatistics['counts'][number]>(
        `SELECT status, priority, count(*)::int AS tasks FROM tasks WHERE project_id = $1
         GROUP BY status, priority ORDER BY status, priority`,
        projectId,
      ),
      this.rows<Pick<ProjectStatistics, 'overdue' | 'comments' | 'hoursToComplete'>>(
        `SELECT count(*) FILTER (WHERE status <> 'completed' AND due_date < current_date)::int AS overdue,
           (SELECT count(*)::int FROM comments JOIN tasks AS commented ON commented.id = task_id
            WHERE commented.project_id = $1) AS comments,
           avg(extract(epoch FROM completed_at - created_at) / 3600) FILTER (WHERE status = 'completed')::float
             AS "hoursToComplete"
         FROM tasks WHERE project_id = $1`,
        projectId,
      ),
      this.rows<ProjectStatistics['members'][number]>(
        `SELECT users.id AS "userId", username, count(*) FILTER (WHERE status <> 'completed')::int AS open,
           count(*) FILTER (WHERE status = 'completed')::int AS completed
         FROM tasks JOIN users ON users.id = assignee_id WHERE project_id = $1 GROUP BY users.id ORDER BY users.id`,
        projectId,
      ),
      this.rows<ProjectStatistics['completedByDay'][number]>(
        `SELECT completed_at::date::text AS day, count(*)::int AS tasks FROM tasks
         WHERE project_id = $1 AND status = 'completed' AND completed_at >= current_date - 30 GROUP BY day ORDER BY day`,
        projectId,
      ),
    ]);
    const { overdue, comments, hoursToComplete } = totals[0] ?? { overdue: 0, comments: 0, hoursToComplete: null };
    return { projectId, counts, overdue, comments, hoursToComplete, members, completedByDay };
  }

  private async rows<Row extends object>(sql: string, projectId: number): Promise<Row[]> {
    return (await this.db.query<Row>(sql, [projectId])).rows;
  }
}
