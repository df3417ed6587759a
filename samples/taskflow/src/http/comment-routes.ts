import type { FastifyInstance } from 'fastify';
import type { CommentService } from '../comments/comment-service.js';
import { sessionOf } from './authentication.js';
import { commentBody, idParams } from './schemas.js';

interface ById {
  Params: { id: number };
}

/** `/tasks/:id/comments`: what is said about one task. `/comments/:id`: one comment. */
export function commentRoutes(app: FastifyInstance, comments: CommentService): void {
  const withBody = { schema: { params: idParams, body: commentBody } };

  app.get<ById>('/tasks/:id/comments', { schema: { params: idParams } }, async (request) => ({
    comments: await comments.commentsOn(request.params.id),
  }));

  app.post<ById & { Body: { body: string } }>('/tasks/:id/comments', withBody, async (request, reply) => {
    const { user } = sessionOf(request);
    const comment = await comments.addComment(request.params.id, user.id, request.body.body);
    return reply.code(201).header('location', `/comments/${comment.id}`).send(comment);
  });

  app.patch<ById & { Body: { body: string } }>('/comments/:id', withBody, async (request) =>
    comments.changeComment(request.params.id, sessionOf(request).user.id, request.body.body),
  );

  app.delete<ById>('/comments/:id', { schema: { params: idParams } }, async (request, reply) => {
    await comments.deleteComment(request.params.id, sessionOf(request).user.id);
    return reply.code(204).send();
  });
}
