import { Worker } from 'node:worker_threads';
import { RequestError } from '../errors.js';
import type { AnswerTo, FromWorker, ToWorker, WorkerQuestion, WorkerStart } from './messages.js';

// A runaway import ends its thread at this size, not the process.
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

export interface WorkerEnd {
  code: number;
  /** What the thread threw, or that its memory was full; null when it was asked to end. */
  reason: string | null;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The main thread's end of one worker thread, from its start to its exit. */
export class WorkerHandle {
  /** Settles when the thread has ended, for whatever reason. */
  readonly ended: Promise<WorkerEnd>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;
  private error: Error | undefined;

  constructor(private readonly start: WorkerStart) {
    this.worker = new Worker(new URL('./thread.js', import.meta.url), {
      name: `project-${start.projectId}`,
      workerData: start,
      resourceLimits: RESOURCE_LIMITS,
    });
    this.worker.on('error', (error: Error) => {
      this.error = error;
    });
    this.worker.on('message', (message: FromWorker) => this.settle(message));
    this.ended = new Promise((resolve) => this.worker.once('exit', (code) => resolve(this.finish(code))));
  }

  get threadId(): number {
    return this.worker.threadId;
  }

  /** How many questions wait for their answers. */
  get busy(): number {
    return this.waiting.size;
  }

  /** Rejects with 422 when the worker refuses the question, 503 when the thread ends before it has answered. */
  ask<Q extends WorkerQuestion>(question: Q): Promise<AnswerTo<Q>> {
    this.questions += 1;
    const id = this.questions;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: (answer) => resolve(answer as AnswerTo<Q>), reject });
      this.tell({ kind: 'question', id, question });
    });
  }

  tell(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(message: FromWorker): void {
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('refusal' in message) waiting?.reject(new RequestError(422, message.refusal));
    else waiting?.resolve(message.answer);
  }

  private finish(code: number): WorkerEnd {
    const reason = this.error ? `${this.error.name}: ${this.error.message}` : null;
    const { projectId } = this.start;
    const message = `The worker of project ${projectId} ended before it answered; GET /projects/${projectId}/worker says why.`;
    for (const { reject } of this.waiting.values()) reject(new RequestError(503, message));
    this.waiting.clear();
    return { code, reason };
  }
}
