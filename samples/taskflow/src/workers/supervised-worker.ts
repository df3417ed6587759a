import type { ToWorker } from './messages.js';
import type { RestartWindow } from './restart-window.js';
import type { WorkerEnd, WorkerHandle } from './worker-handle.js';

export type WorkerState = 'stopped' | 'starting' | 'running' | 'restarting' | 'given-up';

export interface WorkerReport {
  projectId: number;
  state: WorkerState;
  threadId: number | null;
  restarts: number;
  /** How the thread last ended without being asked to. */
  lastCrash: (WorkerEnd & { at: Date }) | null;
}

/** News of a task, which nobody answers. */
export type News = Exclude<ToWorker, { kind: 'question' }>;

/** What the supervisor knows of the worker of one project, across its restarts. */
export class SupervisedWorker {
  state: WorkerState = 'stopped';
  handle: WorkerHandle | undefined;
  /** While the thread is being started. */
  starting: Promise<WorkerHandle> | undefined;
  restarts = 0;
  lastCrash: WorkerReport['lastCrash'] = null;
  lastUsed = 0;
  /** Questions on their way to the thread or waiting for its answer. */
  busy = 0;
  /** Ends the subscription to the news of its project. */
  unsubscribe = (): void => undefined;
  /** What came while the thread was being started. */
  private missed: News[] = [];

  constructor(
    readonly projectId: number,
    readonly window: RestartWindow,
  ) {}

  /** Whether a thread exists, or soon will. */
  get active(): boolean {
    return this.state === 'starting' || this.state === 'running' || this.state === 'restarting';
  }

  /** Tells the thread, or keeps it for the one that is being started. A thread that starts later reads the database. */
  tell(news: News): void {
    if (this.handle) this.handle.tell(news);
    else if (this.starting) this.missed.push(news);
  }

  /** The thread runs, with the tasks as they were read at some moment since it began to start. */
  started(handle: WorkerHandle): void {
    this.handle = handle;
    this.state = 'running';
    for (const news of this.missed.splice(0)) handle.tell(news);
  }

  /** It could not be started. */
  failed(): void {
    this.state = 'stopped';
    this.missed = [];
  }

  report(): WorkerReport {
    const { projectId, state, restarts, lastCrash } = this;
    return { projectId, state, threadId: this.handle?.threadId ?? null, restarts, lastCrash };
  }
}
