import type { FastifyInstance } from 'fastify';
import type { Background } from '../background.js';
import type { Counters } from '../counters.js';
import type { Database } from '../database/connect.js';
import type { Faults } from '../faults.js';
import type { LiveConnections } from '../live/live-connections.js';
import type { TaskOperations } from '../tasks/task-manager.js';
import type { UserRepository } from '../users/user-repository.js';
import { open } from './authentication.js';
import { pageQuery } from './schemas.js';

export interface SystemParts {
  database: Pick<Database, 'kind' | 'pid' | 'pool'>;
  users: UserRepository;
  taskManager: TaskOperations;
  counters: Counters;
  faults: Faults;
  connections: LiveConnections;
  background: Background;
}

export function systemRoutes(app: FastifyInstance, parts: SystemParts): void {
  const { database, users, taskManager, counters, faults, connections, background } = parts;

  const health = async (): Promise<{ status: 'ok' }> => {
    await database.pool.query('SELECT 1');
    return { status: 'ok' };
  };

  app.get('/health', open, health);

  app.get<{ Querystring: { limit: number; offset: number } }>(
    '/users',
    { schema: { querystring: pageQuery } },
    async (request) => ({ users: await users.list(request.query.limit, request.query.offset) }),
  );

  app.get('/stats', open, async () => ({
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    faults: [...faults],
    database: { kind: database.kind, pid: database.pid },
    live: connections.counts(),
    ...background.stats(),
    ...counters.snapshot(),
  }));

  app.get('/stats/slots', open, async () => {
    const slots = await taskManager.compareWithDatabase();
    const missing = slots.reduce((sum, slot) => sum + Math.abs(slot.missing), 0);
    return { consistent: missing === 0, missing, users: slots };
  });
}
