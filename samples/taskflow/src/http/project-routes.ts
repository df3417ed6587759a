import type { FastifyInstance } from 'fastify';
import type { NewProject, ProjectPatch, ProjectStatus } from '../projects/project.js';
import type { ProjectService } from '../projects/project-service.js';
import { idParams, newProjectBody, projectListQuery, projectPatchBody } from './schemas.js';

interface ById {
  Params: { id: number };
}

export function projectRoutes(app: FastifyInstance, projects: ProjectService): void {
  app.get<{ Querystring: { status?: ProjectStatus; limit: number; offset: number } }>(
    '/projects',
    { schema: { querystring: projectListQuery } },
    async (request) => ({ projects: await projects.listProjects(request.query) }),
  );

  app.post<{ Body: NewProject }>('/projects', { schema: { body: newProjectBody } }, async (request, reply) => {
    const project = await projects.createProject(request.body);
    return reply.code(201).header('location', `/projects/${project.id}`).send(project);
  });

  app.get<ById>('/projects/:id', { schema: { params: idParams } }, async (request) =>
    projects.loadProject(request.params.id),
  );

  app.patch<ById & { Body: ProjectPatch }>(
    '/projects/:id',
    { schema: { params: idParams, body: projectPatchBody } },
    async (request) => projects.updateProject(request.params.id, request.body),
  );

  app.delete<ById>('/projects/:id', { schema: { params: idParams } }, async (request, reply) => {
    await projects.deleteProject(request.params.id);
    return reply.code(204).send();
  });
}
