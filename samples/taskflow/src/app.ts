import Fastify, { type FastifyInstance } from 'fastify';
import { Counters } from './counters.js';
import type { Database } from './database/connect.js';
import type { Faults } from './faults.js';
import { errorAnswers } from './http/error-answers.js';
import { projectRoutes } from './http/project-routes.js';
import { systemRoutes } from './http/system-routes.js';
import { taskRoutes } from './http/task-routes.js';
import { ProjectRepository } from './projects/project-repository.js';
import { ProjectService } from './projects/project-service.js';
import { TaskManager } from './tasks/task-manager.js';
import { TaskRepository } from './tasks/task-repository.js';
import { UserRepository } from './users/user-repository.js';

export interface AppOptions {
  /** Migrated, and seeded if it is to be. */
  database: Pick<Database, 'kind' | 'pid' | 'pool'>;
  faults: Faults;
  logLevel?: string;
}

/** Wires the application together; the caller listens and closes. */
export async function buildApp({ database, faults, logLevel = 'silent' }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: { level: logLevel, stream: process.stderr },
    // Unknown fields are a mistake worth telling, not something to drop quietly.
    ajv: { customOptions: { removeAdditional: false } },
  });
  const counters = new Counters();
  const tasks = new TaskRepository(database.pool, counters);
  const taskManager = new TaskManager(tasks, faults, counters);
  const projects = new ProjectService(new ProjectRepository(database.pool), tasks, taskManager, faults, counters);
  await taskManager.start();

  app.addHook('onResponse', async (_request, reply) => counters.responded(reply.statusCode));
  errorAnswers(app);
  systemRoutes(app, { database, users: new UserRepository(database.pool), taskManager, counters, faults });
  projectRoutes(app, projects);
  taskRoutes(app, projects, taskManager);
  return app;
}
