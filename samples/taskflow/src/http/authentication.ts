import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cookieIn, SESSION_COOKIE } from '../auth/cookie.js';
import type { Session } from '../auth/session.js';
import type { SessionService } from '../auth/session-service.js';
import { forbidden, unauthorized } from '../errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on open routes for somebody who is not logged in. */
    session: Session | null;
  }
  interface FastifyContextConfig {
    /** Whether a route can be used without being logged in. */
    open?: boolean;
  }
}

/** For a route's options: usable without a session. */
export const open = { config: { open: true } } as const;

/**
 * Finds out who every request is from, by cookie or `Authorization: Bearer`, and answers 401 when it is nobody and
 * the route is not open.
 */
export function authentication(app: FastifyInstance, sessions: SessionService): void {
  app.decorateRequest('session', null);
  app.addHook('onRequest', async (request) => {
    // What does not exist needs no session.
    if (request.is404) return;
    const token = bearerToken(request) ?? cookieToken(request);
    request.session = token === undefined ? null : await sessions.find(token);
    if (request.session || request.routeOptions.config.open) return;
    throw unauthorized(
      'You are not logged in, or your session has ended; POST /login with your user name and password.',
    );
  });
}

/** Who a request is from, on a route that is not open. */
export function sessionOf(request: FastifyRequest): Session {
  if (!request.session) throw unauthorized('You are not logged in; POST /login with your user name and password.');
  return request.session;
}

function bearerToken(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** A browser sends cookies along with what other sites make it send, so those requests are refused. */
function cookieToken(request: FastifyRequest): string | undefined {
  const token = cookieIn(request.headers.cookie, SESSION_COOKIE);
  const { origin, host } = request.headers;
  const changes = request.method !== 'GET' || request.headers.upgrade !== undefined;
  if (token !== undefined && changes && origin !== undefined && hostOf(origin) !== host) {
    throw forbidden('This request comes from a page of another site; use the pages of TaskFlow.');
  }
  return token;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
