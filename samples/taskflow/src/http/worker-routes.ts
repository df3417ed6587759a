import type { FastifyInstance } from 'fastify';
import type { ProjectService } from '../projects/project-service.js';
import type { TaskOperations } from '../tasks/task-manager.js';
import type { ProjectSupervisor } from '../workers/project-supervisor.js';
import { idParams, text } from './schemas.js';

interface ById {
  Params: { id: number };
}

const budgetBody = {
  type: 'object',
  required: ['cents', 'people'],
  additionalProperties: false,
  properties: {
    cents: { type: 'string', pattern: '^[0-9]{1,30}$' },
    people: { type: 'integer', minimum: 0, maximum: 1_000_000 },
  },
} as const;

const importBody = {
  type: 'object',
  required: ['csv'],
  additionalProperties: false,
  properties: { csv: { ...text, minLength: 1, maxLength: 200_000 } },
} as const;

/** What a project's own worker thread does, and how that thread is. */
export function workerRoutes(
  app: FastifyInstance,
  supervisor: ProjectSupervisor,
  projects: ProjectService,
  taskManager: TaskOperations,
): void {
  const byId = { schema: { params: idParams } };

  app.get<ById>('/projects/:id/worker', byId, async (request) => {
    const project = await projects.requireProject(request.params.id);
    return supervisor.report(project.id);
  });

  app.post<ById>('/projects/:id/worker/start', byId, async (request) => supervisor.start(request.params.id));

  app.post<ById>('/projects/:id/worker/ping', byId, async (request) =>
    supervisor.ask(request.params.id, { type: 'ping' }),
  );

  app.post<ById>('/projects/:id/worker/recalculate', byId, async (request) =>
    supervisor.ask(request.params.id, { type: 'recalculate' }),
  );

  app.post<ById & { Body: { cents: string; people: number } }>(
    '/projects/:id/worker/budget',
    { schema: { params: idParams, body: budgetBody } },
    async (request) => supervisor.ask(request.params.id, { type: 'budget', ...request.body }),
  );

  app.post<ById & { Body: { csv: string } }>(
    '/projects/:id/worker/import',
    { schema: { params: idParams, body: importBody } },
    async (request, reply) => {
      const { id } = request.params;
      const { tasks } = await supervisor.ask(id, { type: 'import', csv: request.body.csv });
      const made = await taskManager.importTasks(id, tasks);
      return reply.code(201).send({ taskIds: made.map((task) => task.id) });
    },
  );
}
