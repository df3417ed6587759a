import { parentPort, threadId, workerData } from 'node:worker_threads';
import { parseFaults } from '../faults.js';
import { Refusal } from './import.js';
import type { FromWorker, ToWorker, WorkerStart } from './messages.js';
import { ProjectWorker } from './project-worker.js';

// Entry point of a project's worker thread. What it throws, other than a refusal, ends the thread: its memory can no
// longer be trusted, and the supervisor starts a new one from what the database says.
const start = workerData as WorkerStart;
const worker = new ProjectWorker(start, threadId, parseFaults(start.faults.join(',')));

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'task') worker.learn(message.task);
  else if (message.kind === 'task-deleted') worker.forget(message.taskId);
  else parentPort?.postMessage(reply(message.id, () => worker.answer(message.question)));
});

function reply(id: number, answer: () => ReturnType<ProjectWorker['answer']>): FromWorker {
  try {
    return { id, answer: answer() };
  } catch (error) {
    if (error instanceof Refusal) return { id, refusal: error.message };
    throw error;
  }
}
