import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endChild, freePort, root } from './target.ts';
import { until } from './tracing.ts';

const run = promisify(execFile);

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Microseconds of the server's main thread per request; NaN where the system does not tell. */
  readonly cpuUs: number;
}

/** An HTTP server in a process of its own, and autocannon in another. */
export class BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    /** Of the process that serves: not always the one we started. */
    readonly pid: number,
  ) {}

  /** Starts `command`, which has to listen on `$PORT`; `path` is what it is asked for. */
  static async start(
    command: readonly string[],
    path: string,
    options: { cwd: string; env: NodeJS.ProcessEnv },
  ): Promise<BenchServer> {
    const port = await freePort();
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...options.env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const url = `http://127.0.0.1:${port}${path}`;
    let up = false;
    const asking = setInterval(() => {
      fetch(url).then(
        (answer) => {
          up ||= answer.ok;
        },
        () => undefined,
      );
    }, 50);
    try {
      await until(`${path} answers`, () => up);
    } finally {
      clearInterval(asking);
    }
    return new BenchServer(child, url, servingPid(child.pid as number));
  }

  /** Loads the server for `seconds` with 20 connections, as fast as it answers. */
  async load(seconds: number): Promise<LoadResult> {
    const before = mainThreadNs(this.pid);
    const cannon = join(root, 'node_modules', 'autocannon', 'autocannon.js');
    const { stdout } = await run(process.execPath, [cannon, '-j', '-c', '20', '-d', String(seconds), this.url]);
    const result = JSON.parse(stdout) as {
      requests: { total: number };
      duration: number;
      errors: number;
      non2xx: number;
    };
    if (result.errors + result.non2xx > 0)
      throw new Error(`${result.errors + result.non2xx} requests failed under load`);
    const cpuUs = (mainThreadNs(this.pid) - before) / 1000 / result.requests.total;
    return { requestsPerSecond: result.requests.total / result.duration, cpuUs };
  }

  async stop(): Promise<void> {
    await endChild(this.child);
  }
}

function mainThreadNs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return Number.NaN;
  }
}

/** The last in the line of only children, or the process itself. */
function servingPid(pid: number): number {
  try {
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return child === '' ? pid : servingPid(Number(child.split(' ')[0]));
  } catch {
    return pid;
  }
}
