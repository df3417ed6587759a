import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AuditLog } from '../audit/audit-log.js';
import { noSessionCookie, sessionCookie } from '../auth/cookie.js';
import type { IssuedSession } from '../auth/session.js';
import type { AccountService } from '../users/account-service.js';
import type { Account, AccountPatch, NewUser } from '../users/user.js';
import { open, sessionOf } from './authentication.js';
import { accountPatchBody, loginBody, newUserBody } from './schemas.js';

const LATEST = 20;

/** Registering, logging in and out, and the account of whoever is logged in. */
export function accountRoutes(app: FastifyInstance, accounts: AccountService, audit: AuditLog): void {
  app.post<{ Body: NewUser }>('/register', { ...open, schema: { body: newUserBody } }, async (request, reply) => {
    const { user, session } = await accounts.register(request.body);
    return welcome(reply.code(201), user, session);
  });

  app.post<{ Body: { login: string; password: string } }>(
    '/login',
    { ...open, schema: { body: loginBody } },
    async (request, reply) => {
      const { user, session } = await accounts.logIn(request.body.login, request.body.password);
      return welcome(reply, user, session);
    },
  );

  app.post('/logout', async (request, reply) => {
    await accounts.logOut(sessionOf(request));
    return reply.code(204).header('set-cookie', noSessionCookie).send();
  });

  app.get('/me', async (request) => accounts.account(sessionOf(request).user.id));

  app.get('/me/activity', async (request) => ({ entries: await audit.latest(sessionOf(request).user.id, LATEST) }));

  app.patch<{ Body: AccountPatch }>('/me', { schema: { body: accountPatchBody } }, async (request) =>
    accounts.change(sessionOf(request), request.body),
  );
}

/** The token is in the body for programs, and in the cookie for browsers. */
function welcome(reply: FastifyReply, user: Account, { token, expiresAt }: IssuedSession): FastifyReply {
  return reply.header('set-cookie', sessionCookie(token, expiresAt)).send({ user, token, expiresAt });
}
