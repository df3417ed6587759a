import { randomUUID } from 'node:crypto';
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { Session } from '../auth/session.js';
import type { SessionService } from '../auth/session-service.js';
import { sessionOf } from '../http/authentication.js';
import { idParams } from '../http/schemas.js';
import type { PublicUser } from '../users/user.js';
import type { DashboardLoader } from './dashboard-loader.js';
import { DashboardView } from './dashboard-view.js';
import type { LiveConnections } from './live-connections.js';
import { ProjectView, type ProjectViewParts } from './project-view.js';
import { SessionSockets } from './session-sockets.js';
import { SocketClient } from './socket-client.js';

const CHECK_EVERY_MS = 30_000;
const LARGEST_MESSAGE_BYTES = 4_096;
const INTERNAL_ERROR = 1011;

export interface LiveParts extends ProjectViewParts {
  dashboards: DashboardLoader;
  connections: LiveConnections;
  sessions: SessionService;
}

/**
 * To be called before any hook that may refuse a request: only what comes after it closes the connections of refused
 * WebSockets, which would otherwise stay open and hold up the end of the process.
 */
export async function acceptWebSockets(app: FastifyInstance): Promise<void> {
  await app.register(websocket, { options: { maxPayload: LARGEST_MESSAGE_BYTES } });
}

/** `/live/dashboard` and `/live/projects/:id`: WebSockets that show a page and then what changes on it. */
export function liveRoutes(app: FastifyInstance, parts: LiveParts): void {
  const failed = (error: unknown): void => app.log.error(error, 'A live page could not be kept up to date.');

  const sockets = new SessionSockets(parts.sessions, (error) => app.log.warn(error, 'Sessions could not be checked.'));
  const timer = setInterval(() => void sockets.check(), CHECK_EVERY_MS).unref();
  app.addHook('onClose', async () => clearInterval(timer));

  app.get('/live/dashboard', { websocket: true }, (socket, request) => {
    const session = sessionOf(request);
    const view = dashboardView(socket, session.user);
    const connectionId = randomUUID();
    parts.connections.openDashboard(connectionId, view);
    serve(socket, session, connectionId, view);
  });

  app.get<{ Params: { id: number } }>(
    '/live/projects/:id',
    {
      websocket: true,
      schema: { params: idParams },
      // Before the upgrade, so that an unknown project is answered 404 like everywhere else.
      preHandler: async (request) => void (await parts.projectService.requireProject(request.params.id)),
    },
    (socket, request) => {
      const session = sessionOf(request);
      const view = new ProjectView(request.params.id, session.user, parts, new SocketClient(socket), failed);
      const connectionId = randomUUID();
      parts.connections.openProject(connectionId, view);
      serve(socket, session, connectionId, view);
    },
  );

  function dashboardView(socket: WebSocket, user: PublicUser): DashboardView {
    return new DashboardView(user, parts.node, parts.dashboards, parts.bus, new SocketClient(socket), failed);
  }

  function serve(socket: WebSocket, session: Session, connectionId: string, view: DashboardView | ProjectView): void {
    sockets.add(socket, session);
    socket.on('close', () => parts.connections.close(connectionId));
    socket.on('error', (error) => app.log.info(error, 'A live connection broke.'));
    view.start().catch((error: unknown) => {
      failed(error);
      socket.close(INTERNAL_ERROR, 'This page could not be loaded; try again later.');
    });
  }
}
