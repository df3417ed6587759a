import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProjectService } from '../projects/project-service.js';
import type { NewTask, Task, TaskPatch, TaskStatus } from '../tasks/task.js';
import type { TaskOperations } from '../tasks/task-manager.js';
import { assignBody, idParams, newTaskBody, taskListQuery, taskPatchBody } from './schemas.js';

interface ById {
  Params: { id: number };
}

/** `/projects/:id/tasks`: the tasks of one project. `/tasks/:id`: one task, wherever it belongs. */
export function taskRoutes(app: FastifyInstance, projects: ProjectService, taskManager: TaskOperations): void {
  app.get<ById & { Querystring: { status?: TaskStatus } }>(
    '/projects/:id/tasks',
    { schema: { params: idParams, querystring: taskListQuery } },
    async (request) => {
      const project = await projects.requireProject(request.params.id);
      return { tasks: await taskManager.getTasksForProject(project.id, request.query.status) };
    },
  );

  app.post<ById & { Body: NewTask }>(
    '/projects/:id/tasks',
    { schema: { params: idParams, body: newTaskBody } },
    async (request, reply) => created(reply, await taskManager.createTask(request.params.id, request.body)),
  );

  app.post<ById>('/projects/:id/assign-next', { schema: { params: idParams } }, async (request) => {
    const project = await projects.requireProject(request.params.id);
    return { task: await taskManager.assignNextAvailable(project.id) };
  });

  app.get<ById>('/tasks/:id', { schema: { params: idParams } }, async (request) =>
    taskManager.getTask(request.params.id),
  );

  const patchTask = async (request: FastifyRequest<ById & { Body: TaskPatch }>): Promise<Task> =>
    taskManager.updateTask(request.params.id, request.body);

  const assignTask = async (request: FastifyRequest<ById & { Body: { userId: number | null } }>): Promise<Task> => {
    const { userId } = request.body;
    if (userId === null) return taskManager.unassignTask(request.params.id);
    return taskManager.assignTask(request.params.id, userId);
  };

  const completeTask = async (request: FastifyRequest<ById>): Promise<Task> =>
    taskManager.completeTask(request.params.id);

  app.patch('/tasks/:id', { schema: { params: idParams, body: taskPatchBody } }, patchTask);
  app.post('/tasks/:id/assign', { schema: { params: idParams, body: assignBody } }, assignTask);
  app.post('/tasks/:id/complete', { schema: { params: idParams } }, completeTask);

  app.delete<ById>('/tasks/:id', { schema: { params: idParams } }, async (request, reply) => {
    await taskManager.deleteTask(request.params.id);
    return reply.code(204).send();
  });
}

function created(reply: FastifyReply, task: Task): FastifyReply {
  return reply.code(201).header('location', `/tasks/${task.id}`).send(task);
}
