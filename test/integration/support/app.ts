import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ONE, type Runtime } from './runtimes.ts';

/** A fixture application as a process of its own. */
export interface App {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
  readonly url: string;
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  /** Lets the application call one of its functions `n` times. */
  call(fn: string, n?: number): Promise<unknown>;
  /** The end of what has come on stderr so far. */
  stderr(): string;
  stop(): Promise<void>;
}

const running = new Set<App>();

export const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/apps/${name}`, import.meta.url));

/** Starts a program that prints `{"port":N}` in its first line; ended by `stop` or `stopAll`. */
export async function start(
  file: string,
  runtime: Runtime = ONE,
  options: { args?: string[]; env?: NodeJS.ProcessEnv; flags?: string[] } = {},
): Promise<App> {
  const child = spawn(runtime.node, [...(options.flags ?? []), file, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
    void exited.then(() => reject(new Error(`${file} ended before it listened: ${errors}`)));
  });
  const { port } = JSON.parse(line) as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const app: App = {
    pid: child.pid as number,
    port,
    child,
    url,
    get: async <T>(path: string) => {
      try {
        return (await (await fetch(url + path)).json()) as T;
      } catch (error) {
        // A crash is known a moment after its connections broke.
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 500))]);
        const { exitCode, signalCode } = child;
        if (exitCode === null && signalCode === null) throw error;
        throw new Error(`${file} ended with ${exitCode ?? signalCode}: ${errors}`, { cause: error });
      }
    },
    call: async (fn, n = 1) => (await app.get<{ last: unknown }>(`/call?fn=${fn}&n=${n}`)).last,
    stderr: () => errors,
    stop: async () => {
      running.delete(app);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
  running.add(app);
  return app;
}

/** Ends what is still running; for `afterEach`. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((app) => app.stop()));
}
