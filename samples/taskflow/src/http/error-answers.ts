import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isUnstorable, RequestError } from '../errors.js';
import { errorPage } from './error-page.js';
import { pageHeaders } from './security-headers.js';

/** One form for every failure, `{ "statusCode": 404, "message": "Project 7 does not exist." }`, or a page for people. */
export function errorAnswers(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, 404, `There is no ${request.method} ${request.url.split('?')[0]} here.`),
  );

  app.setErrorHandler<FastifyError | RequestError>((given, request, reply) => {
    const error = isUnstorable(given)
      ? new RequestError(400, 'A text or a date in this request cannot be stored; change it.')
      : given;
    const statusCode = statusOf(error);
    if (statusCode >= 500) request.log.error(error);
    // What went wrong inside is for the log, not for the client. A RequestError is written for the client.
    const inside = statusCode >= 500 && !(error instanceof RequestError);
    const message = inside ? 'Something went wrong on our side; try again later.' : error.message;
    return answer(request, reply, statusCode, message);
  });
}

const statusOf = (error: { statusCode?: number }): number => {
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 600 ? status : 500;
};

function answer(request: FastifyRequest, reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  reply.code(statusCode);
  // Only browsers that open an address ask for HTML by name.
  if (!request.headers.accept?.includes('text/html')) return reply.send({ statusCode, message });
  return reply.headers(pageHeaders).type('text/html; charset=utf-8').send(errorPage(statusCode, message));
}
