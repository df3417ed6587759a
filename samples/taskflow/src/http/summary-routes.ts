import type { FastifyInstance } from 'fastify';
import type { ProjectCache } from '../projects/project-cache.js';
import type { ProjectService } from '../projects/project-service.js';
import type { ProjectStatisticsRepository } from '../projects/project-statistics.js';
import { idParams } from './schemas.js';

/** Figures of a project that cost the database several aggregate queries, and so come from the cache when they can. */
export function summaryRoutes(
  app: FastifyInstance,
  projects: ProjectService,
  statistics: ProjectStatisticsRepository,
  cache: ProjectCache,
): void {
  app.get<{ Params: { id: number } }>('/projects/:id/summary', { schema: { params: idParams } }, async (request) => {
    const { id } = request.params;
    return cache.statistics(id, async () => {
      await projects.requireProject(id);
      return statistics.find(id);
    });
  });
}
