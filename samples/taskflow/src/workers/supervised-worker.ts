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
  idleTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly projectId: number,
    readonly window: RestartWindow,
  ) {}

  /** Whether a thread exists, or soon will. */
  get active(): boolean {
    return this.state === 'starting' || this.state === 'running' || this.state === 'restarting';
  }

  report(): WorkerReport {
    const { projectId, state, restarts, lastCrash } = this;
    return { projectId, state, threadId: this.handle?.threadId ?? null, restarts, lastCrash };
  }
}
