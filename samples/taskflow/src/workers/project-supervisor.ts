import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus/bus.js';
import { asBusMessage, plain, projectTopic } from '../bus/messages.js';
import { conflict, notFound, RequestError } from '../errors.js';
import type { Faults } from '../faults.js';
import type { ProjectRepository } from '../projects/project-repository.js';
import type { TaskRepository } from '../tasks/task-repository.js';
import type { AnswerTo, ToWorker, WorkerQuestion } from './messages.js';
import { RestartWindow } from './restart-window.js';
import { SupervisedWorker, type WorkerReport } from './supervised-worker.js';
import { type WorkerEnd, WorkerHandle } from './worker-handle.js';

export interface WorkerLimits {
  /** Threads at a time. */
  workers: number;
  /** A thread that nobody asks anything for so long is ended. */
  idleMs: number;
  restarts: number;
  restartsWithinMs: number;
}

export const defaultWorkerLimits: WorkerLimits = { workers: 4, idleMs: 60_000, restarts: 3, restartsWithinMs: 5_000 };

interface Parts {
  /** Where the workers' state comes from. */
  projects: Pick<ProjectRepository, 'findById'>;
  tasks: Pick<TaskRepository, 'findByProject'>;
  bus: Bus;
  faults: Faults;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
}

/**
 * Starts a worker thread for a project when it is first needed, and again when it dies, with its state read anew.
 * One that keeps dying is given up, so that it cannot take the machine with it; the other projects go on.
 */
export class ProjectSupervisor {
  private readonly workers = new Map<number, SupervisedWorker>();
  private closed = false;

  private readonly limits: WorkerLimits;

  /** Limits that are not given have their defaults. */
  constructor(
    private readonly parts: Parts,
    limits: Partial<WorkerLimits> = {},
  ) {
    this.limits = { ...defaultWorkerLimits, ...limits };
  }

  /**
   * Asks the project's worker. Rejects with 404 for an unknown project, 409 for an archived one or a worker that was
   * given up, 422 when the worker refuses, 429 when all threads are busy, 503 when the thread dies of the question.
   */
  async ask<Q extends WorkerQuestion>(projectId: number, question: Q): Promise<AnswerTo<Q>> {
    const worker = this.workerOf(projectId);
    clearTimeout(worker.idleTimer);
    worker.busy += 1;
    worker.lastUsed = Date.now();
    try {
      const handle = await this.running(worker);
      return await handle.ask(question);
    } finally {
      worker.busy -= 1;
      if (worker.busy === 0) this.stopWhenIdle(worker);
    }
  }

  /** Starts the project's worker if it is not running, also after it was given up. Rejects like `ask`. */
  async start(projectId: number): Promise<WorkerReport> {
    const worker = this.workerOf(projectId);
    if (worker.state === 'given-up') {
      worker.state = 'stopped';
      worker.window.clear();
    }
    await this.running(worker);
    if (worker.busy === 0) this.stopWhenIdle(worker);
    return worker.report();
  }

  report(projectId: number): WorkerReport {
    const known = this.workers.get(projectId);
    return (known ?? new SupervisedWorker(projectId, this.newWindow())).report();
  }

  reports(): WorkerReport[] {
    return [...this.workers.values()].map((worker) => worker.report());
  }

  /** Ends all threads, and starts none any more. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.workers.values()].map((worker) => this.stop(worker)));
  }

  private workerOf(projectId: number): SupervisedWorker {
    let worker = this.workers.get(projectId);
    if (!worker) {
      worker = new SupervisedWorker(projectId, this.newWindow());
      this.workers.set(projectId, worker);
    }
    return worker;
  }

  private newWindow(): RestartWindow {
    return new RestartWindow(this.limits.restarts, this.limits.restartsWithinMs);
  }

  private async running(worker: SupervisedWorker): Promise<WorkerHandle> {
    if (this.closed) throw new RequestError(503, 'TaskFlow is ending; start it again first.');
    if (worker.state === 'given-up') throw conflict(this.givenUpMessage(worker));
    if (worker.starting) return worker.starting;
    if (worker.handle) return worker.handle;
    return this.launch(worker);
  }

  private launch(worker: SupervisedWorker): Promise<WorkerHandle> {
    const starting = this.startThread(worker).finally(() => {
      worker.starting = undefined;
      // Projects that do not exist, or have nothing to tell of, must not fill the map.
      if (worker.state === 'stopped' && worker.lastCrash === null) this.workers.delete(worker.projectId);
    });
    worker.starting = starting;
    return starting;
  }

  private async startThread(worker: SupervisedWorker): Promise<WorkerHandle> {
    const { projects, tasks, bus, faults, log } = this.parts;
    const { projectId } = worker;
    if (worker.state === 'stopped') {
      this.makeRoom();
      worker.state = 'starting';
    }
    // Listened to before the tasks are read, so that no change falls in between.
    const news: ToWorker[] = [];
    let tell = (message: ToWorker): void => void news.push(message);
    const unsubscribe = bus.subscribe(projectTopic(projectId), (message) => {
      const about = this.newsFrom(worker, message);
      if (about) tell(about);
    });
    try {
      const project = await projects.findById(projectId);
      if (!project) throw notFound('Project', projectId);
      if (project.status === 'archived') throw conflict(`Project ${projectId} is archived; make it active first.`);
      const known = (await tasks.findByProject(projectId)).map(plain);
      if (this.closed) throw new RequestError(503, 'TaskFlow is ending; start it again first.');
      const handle = new WorkerHandle({ projectId, tasks: known, faults: [...faults] });
      tell = (message) => handle.tell(message);
      news.forEach(tell);
      worker.handle = handle;
      worker.state = 'running';
      log.info(`The worker of project ${projectId} runs in thread ${handle.threadId}.`);
      void handle.ended.then((end) => {
        unsubscribe();
        this.ended(worker, handle, end);
      });
      return handle;
    } catch (error) {
      unsubscribe();
      worker.state = 'stopped';
      throw error;
    }
  }

  private newsFrom(worker: SupervisedWorker, message: unknown): ToWorker | undefined {
    const news = asBusMessage(message);
    if (!news) return undefined;
    if ('task' in news) {
      return news.task ? { kind: 'task', task: news.task } : { kind: 'task-deleted', taskId: news.taskId };
    }
    if ('project' in news && news.project?.status !== 'active') {
      void this.stop(worker);
    }
    return undefined;
  }

  /** The thread has ended; unless it was stopped, another takes its place. */
  private ended(worker: SupervisedWorker, handle: WorkerHandle, end: WorkerEnd): void {
    if (worker.handle !== handle) return;
    const { log } = this.parts;
    worker.handle = undefined;
    worker.lastCrash = { ...end, at: new Date() };
    const how = `The worker of project ${worker.projectId} died (${end.reason ?? `exit code ${end.code}`})`;
    if (this.closed) return;
    if (!worker.window.allow()) {
      worker.state = 'given-up';
      log.error(`${how}. ${this.givenUpMessage(worker)}`);
      return;
    }
    worker.restarts += 1;
    worker.state = 'restarting';
    log.warn(`${how}; restarting it (${worker.restarts} restarts so far).`);
    this.launch(worker).then(
      () => {
        if (worker.busy === 0) this.stopWhenIdle(worker);
      },
      (error: unknown) => log.error(error, `The worker of project ${worker.projectId} could not be restarted.`),
    );
  }

  private async stop(worker: SupervisedWorker): Promise<void> {
    clearTimeout(worker.idleTimer);
    if (worker.starting) await worker.starting.catch(() => undefined);
    const { handle } = worker;
    if (!handle) return;
    // Before the thread ends, so that its end is not taken for a crash.
    worker.handle = undefined;
    worker.state = 'stopped';
    if (worker.lastCrash === null) this.workers.delete(worker.projectId);
    await handle.stop();
  }

  private stopWhenIdle(worker: SupervisedWorker): void {
    clearTimeout(worker.idleTimer);
    worker.idleTimer = setTimeout(() => void this.stop(worker), this.limits.idleMs).unref();
  }

  /** Ends the thread unused for longest when there are as many as there may be. */
  private makeRoom(): void {
    const active = [...this.workers.values()].filter((worker) => worker.active);
    if (active.length < this.limits.workers) return;
    const idle = active.filter((worker) => worker.state === 'running' && worker.busy === 0);
    const [oldest] = idle.sort((a, b) => a.lastUsed - b.lastUsed);
    if (!oldest) throw new RequestError(429, `All ${active.length} project workers are busy; try again in a moment.`);
    void this.stop(oldest);
  }

  private givenUpMessage({ projectId }: SupervisedWorker): string {
    const { restarts, restartsWithinMs } = this.limits;
    return `The worker of project ${projectId} was given up after ${restarts} restarts within ${restartsWithinMs} ms; start it again with POST /projects/${projectId}/worker/start.`;
  }
}
