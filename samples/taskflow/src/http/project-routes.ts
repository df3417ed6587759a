import type { FastifyInstance } from 'fastify';
import type { Faults } from '../faults.js';
import type { NewProject, ProjectPatch, ProjectStatus } from '../projects/project.js';
import { exportProject } from '../projects/project-export.js';
import type { ProjectService } from '../projects/project-service.js';
import type { Task } from '../tasks/task.js';
import type { UserRepository } from '../users/user-repository.js';
import { sessionOf } from './authentication.js';
import { idParams, newProjectBody, projectListQuery, projectPatchBody } from './schemas.js';

interface ById {
  Params: { id: number };
}

export function projectRoutes(
  app: FastifyInstance,
  projects: ProjectService,
  users: UserRepository,
  faults: Faults,
): void {
  app.get<{ Querystring: { status?: ProjectStatus; limit: number; offset: number } }>(
    '/projects',
    { schema: { querystring: projectListQuery } },
    async (request) => ({ projects: await projects.listProjects(request.query) }),
  );

  // Whoever makes a project owns it.
  app.post<{ Body: Omit<NewProject, 'ownerId'> }>(
    '/projects',
    { schema: { body: newProjectBody } },
    async (request, reply) => {
      const project = await projects.createProject({ ...request.body, ownerId: sessionOf(request).user.id });
      return reply.code(201).header('location', `/projects/${project.id}`).send(project);
    },
  );

  app.get<ById>('/projects/:id', { schema: { params: idParams } }, async (request) =>
    projects.loadProject(request.params.id),
  );

  app.get<ById>('/projects/:id/export', { schema: { params: idParams } }, async (request, reply) => {
    const { project, tasks } = await projects.tasksFor(request.params.id);
    const file = exportProject(project, tasks, await users.findByIds(holdersOf(tasks)), faults);
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${file.name}"`)
      .send(file.text);
  });

  app.patch<ById & { Body: ProjectPatch }>(
    '/projects/:id',
    { schema: { params: idParams, body: projectPatchBody } },
    async (request) => projects.updateProject(request.params.id, request.body, sessionOf(request).user.id),
  );

  app.delete<ById>('/projects/:id', { schema: { params: idParams } }, async (request, reply) => {
    await projects.deleteProject(request.params.id, sessionOf(request).user.id);
    return reply.code(204).send();
  });
}

function holdersOf(tasks: readonly Task[]): number[] {
  return [...new Set(tasks.map((task) => task.assigneeId).filter((id) => id !== null))];
}
