import type { FastifyBaseLogger } from 'fastify';
import type { Announcer } from './bus/announcer.js';
import type { Bus } from './bus/bus.js';
import type { Cache, CacheStats } from './cache/cache.js';
import { ReadThrough } from './cache/read-through.js';
import type { Pool } from './database/connect.js';
import type { Faults } from './faults.js';
import { NotificationService, type NotificationStats } from './notify/notification-service.js';
import type { NotifyTarget } from './notify/notify-target.js';
import { RecipientRepository } from './notify/recipient-repository.js';
import { ProjectCache } from './projects/project-cache.js';
import type { ProjectRepository } from './projects/project-repository.js';
import { seededRandom } from './random.js';
import { ReportGenerator } from './reports/report-generator.js';
import { ReportPool } from './reports/report-pool.js';
import { ReportRepository } from './reports/report-repository.js';
import type { FileStorageClient } from './storage/file-storage-client.js';
import type { TaskRepository } from './tasks/task-repository.js';
import { ProjectSupervisor } from './workers/project-supervisor.js';
import type { WorkerReport } from './workers/supervised-worker.js';

export interface BackgroundStats {
  cache: CacheStats & { computations: number };
  workers: WorkerReport[];
  notifications: (NotificationStats & { url: string | null; pid: number | null }) | null;
}

interface Parts {
  pool: Pool;
  bus: Bus;
  announcer: Announcer;
  projects: ProjectRepository;
  tasks: TaskRepository;
  cache: Cache;
  /** Worker threads at a time, when there is a limit other than the usual one. */
  workers: number | undefined;
  storage: FileStorageClient;
  /** Nobody is notified without one. */
  notifyTarget: NotifyTarget | undefined;
  faults: Faults;
  log: FastifyBaseLogger;
}

// The back-off's jitter; the same in every run.
const JITTER_SEED = 20_240_602;

/** What works beside the requests: cache, worker threads, notifications, reports. */
export class Background {
  readonly projectCache: ProjectCache;
  readonly supervisor: ProjectSupervisor;
  readonly reports: ReportGenerator;
  private readonly values: ReadThrough;
  private readonly notifications: NotificationService | undefined;

  constructor(private readonly parts: Parts) {
    const { pool, bus, announcer, projects, tasks, cache, workers, storage, notifyTarget, faults, log } = parts;
    this.values = new ReadThrough(cache, faults);
    this.projectCache = new ProjectCache(this.values, bus, (error) => log.warn(error, 'The cache could not forget.'));
    announcer.onOwn((message) => this.projectCache.hear(message));
    this.supervisor = new ProjectSupervisor(
      { projects, tasks, bus, faults, log },
      workers === undefined ? {} : { workers },
    );
    announcer.onOwn((message) => this.supervisor.hear(message));
    this.reports = new ReportGenerator({
      data: new ReportRepository(pool),
      pool: new ReportPool(),
      storage,
      faults,
      log,
    });
    if (!notifyTarget) return;
    const notifications = new NotificationService({
      url: () => notifyTarget.url(),
      recipients: new RecipientRepository(pool),
      faults,
      random: seededRandom(JITTER_SEED),
      failed: (error) => log.warn(error, 'A notification could not be delivered.'),
    });
    announcer.onOwn((message) => notifications.hear(message));
    this.notifications = notifications;
  }

  /** Gives active projects their worker threads, as many as there may be. Resolves when they run. */
  async startWorkers(): Promise<void> {
    await this.supervisor.startActive();
  }

  stats(): BackgroundStats {
    const { cache, notifyTarget } = this.parts;
    return {
      cache: { ...cache.stats(), computations: this.values.computations },
      workers: this.supervisor.reports(),
      notifications:
        this.notifications && notifyTarget
          ? { ...this.notifications.stats(), url: notifyTarget.knownUrl, pid: notifyTarget.pid }
          : null,
    };
  }

  /** Ends threads and deliveries, and deletes temporary files. */
  async close(): Promise<void> {
    this.projectCache.close();
    await Promise.all([this.supervisor.close(), this.notifications?.close(), this.reports.close()]);
    await this.parts.cache.close();
  }
}
