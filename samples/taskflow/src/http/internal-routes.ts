import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { INTERNAL_HEADER, SECRET_HEADER } from '../cluster/peer-client.js';
import { forbidden, RequestError } from '../errors.js';
import type { Holding, NewTask, TaskPatch } from '../tasks/task.js';
import type { TaskOperations } from '../tasks/task-manager.js';
import { open } from './authentication.js';
import { id, newTaskBody, taskPatchBody } from './schemas.js';

const holding = {
  type: 'object',
  required: ['status', 'assigneeId'],
  properties: { status: { type: 'string' }, assigneeId: { type: ['integer', 'null'] } },
} as const;

function body<const Properties extends object>(properties: Properties): object {
  return { body: { type: 'object', required: Object.keys(properties), additionalProperties: false, properties } };
}

/** For a route's options: for whoever shows the secret, and with answers that can be told from any other server's. */
function forNodes(secret: string) {
  return {
    ...open,
    preValidation: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      reply.header(INTERNAL_HEADER, 'yes');
      if (same(String(request.headers[SECRET_HEADER] ?? ''), secret)) return;
      throw forbidden('This route is for other nodes; set TASKFLOW_SECRET to the same text on all of them.');
    },
  };
}

/** `/internal` of a node that uses another one's TaskManager: passing requests on could send them round in a circle. */
export function noInternalRoutes(app: FastifyInstance, secret: string): void {
  app.post('/internal/*', forNodes(secret), async () => {
    throw new RequestError(503, 'This node uses a peer itself; only one node may have the TaskManager');
  });
}

/** `/internal`: this node's TaskManager for other nodes, which show the secret that all nodes are given. */
export function internalRoutes(app: FastifyInstance, taskManager: TaskOperations, secret: string): void {
  const options = forNodes(secret);
  const route = <Body>(path: string, properties: object, answer: (body: Body) => Promise<object>): void => {
    app.post<{ Body: Body }>(`/internal/${path}`, { ...options, schema: body(properties) }, async (request) =>
      answer(request.body as Body),
    );
  };
  const done = { done: true };

  route<{ projectId: number; task: NewTask }>('create', { projectId: id, task: newTaskBody }, ({ projectId, task }) =>
    taskManager.createTask(projectId, task),
  );
  route<{ taskId: number; userId: number }>('assign', { taskId: id, userId: id }, ({ taskId, userId }) =>
    taskManager.assignTask(taskId, userId),
  );
  route<{ taskId: number }>('unassign', { taskId: id }, ({ taskId }) => taskManager.unassignTask(taskId));
  route<{ projectId: number }>('assign-next', { projectId: id }, async ({ projectId }) => ({
    task: await taskManager.assignNextAvailable(projectId),
  }));
  route<{ taskId: number }>('complete', { taskId: id }, ({ taskId }) => taskManager.completeTask(taskId));
  route<{ taskId: number; patch: TaskPatch }>('update', { taskId: id, patch: taskPatchBody }, ({ taskId, patch }) =>
    taskManager.updateTask(taskId, patch),
  );
  route<{ taskId: number }>('delete', { taskId: id }, async ({ taskId }) => {
    await taskManager.deleteTask(taskId);
    return done;
  });
  route<{ userId: number }>('add-user', { userId: id }, async ({ userId }) => {
    taskManager.addUser(userId);
    return done;
  });
  route<{ tasks: Holding[] }>('forget', { tasks: { type: 'array', items: holding } }, async ({ tasks }) => {
    taskManager.forgetTasks(tasks);
    return done;
  });
  route('slots', {}, async () => ({ slots: await taskManager.compareWithDatabase() }));
}

/** Takes the same time wherever the texts differ. */
function same(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
