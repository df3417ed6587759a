import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');
const STOP_MS = 3000;

export interface TargetRun {
  /** Node binary; the one we run on by default. */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

/** A program of test/bench/targets/ in a process of its own, asked over Node's IPC channel. */
export class BenchTarget {
  private next = 0;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
      this.waiting.get(id)?.resolve(answer);
      this.waiting.delete(id);
    });
    child.once('exit', (code) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the target ended with ${code}`));
      this.waiting.clear();
    });
  }

  /** Starts `script` with its inspector closed; its first inspector port is one nobody else uses. */
  static async start(script: string, { node, env, execArgv = [] }: TargetRun = {}): Promise<BenchTarget> {
    const child = fork(join(HERE, 'targets', script), {
      execPath: node ?? process.execPath,
      execArgv: [`--inspect-port=${await freePort()}`, ...execArgv],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const target = new BenchTarget(child);
    await target.ask('ready');
    return target;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Sends a question and gives the target's answer. */
  ask<T>(what: string, value: unknown = null): Promise<T> {
    const id = ++this.next;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.send({ id, what, value }, (error) => {
        if (error) reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    await endChild(this.child);
  }
}

/** Ends a child of ours: politely, then surely. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The Node binary of test/runtimes for a major version; the running one when it has that version. */
export function runtime(major: 20 | 24 | 26): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  return join(ROOT, 'test', 'runtimes', 'node_modules', `node${major}`, 'bin', 'node');
}

export const root = ROOT;
