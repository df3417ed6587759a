import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus/bus.js';
import { asBusMessage, type BusMessage, plain, projectTopic } from '../bus/messages.js';
import { conflict, notFound, RequestError } from '../errors.js';
import type { Faults } from '../faults.js';
import type { ProjectRepository } from '../projects/project-repository.js';
import type { TaskRepository } from '../tasks/task-repository.js';
import type { AnswerTo, WorkerQuestion } from './messages.js';
import { RestartWindow } from './restart-window.js';
import { SupervisedWorker, type WorkerReport } from './supervised-worker.js';
import { type WorkerEnd, WorkerHandle } from './worker-handle.js';

export interface WorkerLimits {
  /** Threads at a time. */
  workers: number;
  restarts: number;
  restartsWithinMs: number;
}

export const defaultWorkerLimits: WorkerLimits = { workers: 4, restarts: 3, restartsWithinMs: 5_000 };

interface Parts {
  /** Where the workers' state comes from. */
  projects: Pick<ProjectRepository, 'findById' | 'findActiveIds'>;
  tasks: Pick<TaskRepository, 'findByProject'>;
  bus: Bus;
  faults: Faults;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
}

/**
 * Keeps a worker thread for each active project, within a limit: at the limit, a project that is asked something takes
 * the place of the one that was asked nothing for longest. A thread that dies is started again, with its state read anew.
 * One that keeps dying is given up, so that it cannot take the machine with it; the other projects go on.
 */
export class ProjectSupervisor {
  private readonly workers = new Map<number, SupervisedWorker>();
  private closed = false;
  /** Whether active projects get their threads before anybody asks. */
  private eager = false;

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
    worker.busy += 1;
    worker.lastUsed = Date.now();
    try {
      const handle = await this.running(worker);
      return await handle.ask(question);
    } finally {
      worker.busy -= 1;
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
    return worker.report();
  }

  /** Starts the threads of active projects, the oldest first, and from now on those of new ones, while there is room. */
  async startActive(): Promise<void> {
    this.eager = true;
    const ids = await this.parts.projects.findActiveIds(this.limits.workers);
    await Promise.all(ids.map((id) => this.startIfRoom(id)));
  }

  /** To be told of the changes that are made here. */
  hear(message: BusMessage): void {
    if (!this.eager || !('project' in message) || message.project?.status !== 'active') return;
    if (!this.workers.has(message.projectId)) void this.startIfRoom(message.projectId);
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
    const all = [...this.workers.values()];
    await Promise.all(all.map((worker) => this.stop(worker)));
    for (const worker of all) worker.unsubscribe();
  }

  private workerOf(projectId: number): SupervisedWorker {
    let worker = this.workers.get(projectId);
    if (!worker) {
      const made = new SupervisedWorker(projectId, this.newWindow());
      made.unsubscribe = this.parts.bus.subscribe(projectTopic(projectId), (message) =>
        this.followProject(made, message),
      );
      this.workers.set(projectId, made);
      worker = made;
    }
    return worker;
  }

  private drop(worker: SupervisedWorker): void {
    worker.unsubscribe();
    if (this.workers.get(worker.projectId) === worker) this.workers.delete(worker.projectId);
  }

  private async startIfRoom(projectId: number): Promise<void> {
    if (this.closed || this.active().length >= this.limits.workers) return;
    await this.start(projectId).catch((error: unknown) => {
      // It may have been deleted or archived since, or others took the room.
      if (error instanceof RequestError) return;
      this.parts.log.error(error, `The worker of project ${projectId} could not be started.`);
    });
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
      if (worker.state === 'stopped' && worker.lastCrash === null) this.drop(worker);
    });
    worker.starting = starting;
    return starting;
  }

  private async startThread(worker: SupervisedWorker): Promise<WorkerHandle> {
    const { projects, tasks, faults, log } = this.parts;
    const { projectId } = worker;
    if (worker.state === 'stopped') {
      this.makeRoom();
      worker.state = 'starting';
    }
    try {
      const project = await projects.findById(projectId);
      if (!project) throw notFound('Project', projectId);
      if (project.status === 'archived') throw conflict(`Project ${projectId} is archived; make it active first.`);
      const known = (await tasks.findByProject(projectId)).map(plain);
      if (this.closed) throw new RequestError(503, 'TaskFlow is ending; start it again first.');
      const handle = new WorkerHandle({ projectId, tasks: known, faults: [...faults] });
      worker.started(handle);
      log.info(`The worker of project ${projectId} runs in thread ${handle.threadId}.`);
      void handle.ended.then((end) => this.ended(worker, handle, end));
      return handle;
    } catch (error) {
      worker.failed();
      throw error;
    }
  }

  private followProject(worker: SupervisedWorker, message: unknown): void {
    const news = asBusMessage(message);
    if (!news) return;
    if ('task' in news) {
      worker.tell(news.task ? { kind: 'task', task: news.task } : { kind: 'task-deleted', taskId: news.taskId });
    } else if ('project' in news && news.project?.status !== 'active') {
      // Of a deleted project nothing is left to tell, not even how its worker crashed.
      void this.stop(worker).then(() => {
        if (!news.project) this.drop(worker);
      });
    }
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
    this.launch(worker).catch((error: unknown) => {
      log.error(error, `The worker of project ${worker.projectId} could not be restarted.`);
      if (error instanceof RequestError && error.statusCode === 404) this.drop(worker);
    });
  }

  private async stop(worker: SupervisedWorker): Promise<void> {
    if (worker.starting) await worker.starting.catch(() => undefined);
    const { handle } = worker;
    if (!handle) return;
    // Before the thread ends, so that its end is not taken for a crash.
    worker.handle = undefined;
    worker.state = 'stopped';
    if (worker.lastCrash === null) this.drop(worker);
    await handle.stop();
  }

  private active(): SupervisedWorker[] {
    return [...this.workers.values()].filter((worker) => worker.active);
  }

  /** Ends the thread unused for longest when there are as many as there may be. */
  private makeRoom(): void {
    const active = this.active();
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
