import type { FastifyError, FastifyInstance } from 'fastify';
import type { RequestError } from '../errors.js';

interface ErrorAnswer {
  statusCode: number;
  message: string;
}

/** One form for every failure: `{ "statusCode": 404, "message": "Project 7 does not exist." }`. */
export function errorAnswers(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(answer(404, `There is no ${request.method} ${request.url.split('?')[0]} here.`)),
  );

  app.setErrorHandler<FastifyError | RequestError>((error, request, reply) => {
    const statusCode = statusOf(error);
    if (statusCode >= 500) request.log.error(error);
    // What went wrong inside is for the log, not for the client.
    const message = statusCode >= 500 ? 'Something went wrong on our side; try again later.' : error.message;
    return reply.code(statusCode).send(answer(statusCode, message));
  });
}

const statusOf = (error: { statusCode?: number }): number => {
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 600 ? status : 500;
};

function answer(statusCode: number, message: string): ErrorAnswer {
  return { statusCode, message };
}
