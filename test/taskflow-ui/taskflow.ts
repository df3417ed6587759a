import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../ui/until.ts';

const FOLDER = fileURLToPath(new URL('../../samples/taskflow/', import.meta.url));

/** TaskFlow as its users start it, on a port and a database of its own. */
export class TaskFlow {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(): Promise<TaskFlow> {
    const { NODE_OPTIONS: _, DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
    const env = { ...inherited, PORT: '0', TASKFLOW_SEED: '5,3,30' };
    const child = spawn(process.execPath, ['dist/main.js'], { cwd: FOLDER, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const url = await until('TaskFlow listens', () => /listening on (http:\S+)/.exec(output)?.[1], 30_000);
    return new TaskFlow(child, url);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
