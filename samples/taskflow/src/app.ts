import Fastify, { type FastifyInstance } from 'fastify';
import { AuditLog } from './audit/audit-log.js';
import { SessionRepository } from './auth/session-repository.js';
import { SessionService } from './auth/session-service.js';
import { Background } from './background.js';
import { Announcer } from './bus/announcer.js';
import type { Bus } from './bus/bus.js';
import { MemoryBus } from './bus/memory-bus.js';
import type { Cache } from './cache/cache.js';
import { MemoryCache } from './cache/memory-cache.js';
import { PeerClient } from './cluster/peer-client.js';
import { RemoteTaskManager } from './cluster/remote-task-manager.js';
import { CommentRepository } from './comments/comment-repository.js';
import { CommentService } from './comments/comment-service.js';
import { Counters } from './counters.js';
import type { Database } from './database/connect.js';
import type { Faults } from './faults.js';
import { accountRoutes } from './http/account-routes.js';
import { authentication } from './http/authentication.js';
import { commentRoutes } from './http/comment-routes.js';
import { errorAnswers } from './http/error-answers.js';
import { internalRoutes, noInternalRoutes } from './http/internal-routes.js';
import { pageRoutes } from './http/page-routes.js';
import { projectRoutes } from './http/project-routes.js';
import { reportRoutes } from './http/report-routes.js';
import { summaryRoutes } from './http/summary-routes.js';
import { systemRoutes } from './http/system-routes.js';
import { taskRoutes } from './http/task-routes.js';
import { textNumbers } from './http/text-numbers.js';
import { workerRoutes } from './http/worker-routes.js';
import { DashboardLoader } from './live/dashboard-loader.js';
import { LiveConnections } from './live/live-connections.js';
import { acceptWebSockets, liveRoutes } from './live/live-routes.js';
import type { NotifyTarget } from './notify/notify-target.js';
import { ProjectRepository } from './projects/project-repository.js';
import { ProjectService } from './projects/project-service.js';
import { ProjectStatisticsRepository } from './projects/project-statistics.js';
import { FileStorageClient, type StorageFailure } from './storage/file-storage-client.js';
import { TaskManager, type TaskOperations } from './tasks/task-manager.js';
import { TaskRepository } from './tasks/task-repository.js';
import { AccountService } from './users/account-service.js';
import { UserRepository } from './users/user-repository.js';

export interface AppOptions {
  /** Migrated, and seeded if it is to be. */
  database: Pick<Database, 'kind' | 'pid' | 'pool'>;
  faults: Faults;
  logLevel?: string;
  /** Between the nodes; without one there is only this process. The caller closes it. */
  bus?: Bus;
  /** This process's name among the nodes. */
  node?: string;
  /** The nodes' secret, and the node whose TaskManager is used instead of one of its own. */
  cluster?: { secret: string; peerUrl?: string | undefined };
  /** Closed with the application. */
  cache?: Cache;
  /** Where notifications go; nobody is notified without one. The caller stops it. */
  notifyTarget?: NotifyTarget;
  /** Worker threads for projects at a time. */
  workers?: number;
  /** Whether active projects get their worker threads as soon as the application listens, not when first needed. */
  startWorkers?: boolean;
  storageFailure?: StorageFailure;
}

/** Wires the application together; the caller listens and closes. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { database, faults, logLevel = 'silent', bus = new MemoryBus(), node = 'main' } = options;
  const app = Fastify({
    logger: { level: logLevel, stream: process.stderr },
    // Unknown fields are a mistake worth telling, not something to drop quietly.
    // JSON says what is a number: true is not user 1.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  const { pool } = database;
  const counters = new Counters();
  const announcer = new Announcer(bus, node, (error) => app.log.warn(error, 'A change could not be announced.'));
  const audit = new AuditLog(pool, faults, (error) => app.log.warn(error, 'An audit entry could not be written.'));
  const users = new UserRepository(pool);
  const tasks = new TaskRepository(pool, counters);
  const ownManager = new TaskManager(tasks, faults, counters, announcer);
  const taskManager = await tasksOfNode(ownManager, options, (error) => app.log.warn(error, 'The peer was not told.'));
  const projects = new ProjectRepository(pool);
  const storage = new FileStorageClient(options.storageFailure);
  const background = new Background({
    pool,
    bus,
    announcer,
    projects,
    tasks,
    cache: options.cache ?? new MemoryCache(),
    workers: options.workers,
    storage,
    notifyTarget: options.notifyTarget,
    faults,
    log: app.log,
  });
  const { projectCache, supervisor, reports } = background;
  const services = [faults, counters, announcer, audit, projectCache] as const;
  const projectService = new ProjectService(projects, tasks, taskManager, ...services);
  const comments = new CommentRepository(pool);
  const sessions = new SessionService(new SessionRepository(pool));
  const accounts = new AccountService(users, sessions, audit, (userId) => taskManager.addUser(userId));
  const connections = new LiveConnections(faults);

  app.addHook('onResponse', async (_request, reply) => counters.responded(reply.statusCode));
  errorAnswers(app);
  textNumbers(app);
  app.addHook('onClose', () => background.close());
  await acceptWebSockets(app);
  authentication(app, sessions);
  systemRoutes(app, { database, users, taskManager, counters, faults, connections, background });
  accountRoutes(app, accounts, audit);
  projectRoutes(app, projectService, users, faults);
  taskRoutes(app, projectService, taskManager);
  summaryRoutes(app, projectService, new ProjectStatisticsRepository(pool), projectCache);
  workerRoutes(app, supervisor, projectService, taskManager);
  reportRoutes(app, reports, storage);
  if (options.cluster?.peerUrl) noInternalRoutes(app, options.cluster.secret);
  else if (options.cluster) internalRoutes(app, ownManager, options.cluster.secret);
  commentRoutes(app, new CommentService(comments, announcer));
  const dashboards = new DashboardLoader(projects, tasks, faults, counters);
  const shared = { projects, projectService, comments, announcer, bus, node };
  liveRoutes(app, { ...shared, dashboards, connections, sessions });
  await pageRoutes(app, projectService);
  if (options.startWorkers) app.addHook('onListen', async () => background.startWorkers());
  return app;
}

/** This node's own TaskManager, which knows the loads, or another node's. */
async function tasksOfNode(
  own: TaskManager,
  { cluster }: AppOptions,
  failed: (error: unknown) => void,
): Promise<TaskOperations> {
  if (cluster?.peerUrl) return new RemoteTaskManager(own, new PeerClient(cluster.peerUrl, cluster.secret), failed);
  await own.start();
  return own;
}
