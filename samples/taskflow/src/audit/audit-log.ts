import type { Queryable } from '../database/connect.js';
import type { Faults } from '../faults.js';

export interface AuditEntry {
  userId: number;
  action: string;
  detail: string;
  at: Date;
}

/** Who did what to accounts and projects. Nobody waits for an entry to be written. */
export class AuditLog {
  constructor(
    private readonly db: Queryable,
    private readonly faults: Faults,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Returns at once. An entry that cannot be written is reported to the log and otherwise lost. */
  record(userId: number, action: string, detail: string): void {
    if (this.faults.has('lost-promise')) {
      // FAULT lost-promise: nobody holds this promise. It rejects for a detail longer than its column (a project's
      // name may be longer), which no request notices: the process has an unhandled rejection, and the entry is gone.
      void this.insert(userId, action, detail);
    } else {
      this.insert(userId, action, shorten(detail)).catch(this.failed);
    }
  }

  /** The latest entries about what one user did, the newest first. */
  async latest(userId: number, limit: number): Promise<AuditEntry[]> {
    const { rows } = await this.db.query<AuditEntry>(
      'SELECT user_id AS "userId", action, detail, at FROM audit_log WHERE user_id = $1 ORDER BY id DESC LIMIT $2',
      [userId, limit],
    );
    return rows;
  }

  private async insert(userId: number, action: string, detail: string): Promise<void> {
    await this.db.query('INSERT INTO audit_log (user_id, action, detail) VALUES ($1, $2, $3)', [
      userId,
      action,
      detail,
    ]);
  }
}

/** As much as the column holds. */
function shorten(detail: string): string {
  const letters = [...detail];
  return letters.length <= 120 ? detail : `${letters.slice(0, 119).join('')}…`;
}
