import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './support.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

export interface Run {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** The exit code. */
  ended: Promise<number | null>;
}

/** Starts the application's programs as processes of their own, and kills those that a test leaves behind. */
export class Processes {
  private readonly started: ChildProcess[] = [];

  /** On the embedded database unless `env` names another, whatever the tests themselves run on. */
  run(script: string, args: string[], env: Record<string, string> = {}): Run {
    const { DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
    const child = spawn(process.execPath, [dist + script, ...args], { env: { ...inherited, ...env } });
    this.started.push(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      output.stdout += text;
    });
    child.stderr.on('data', (text) => {
      output.stderr += text;
    });
    return { child, output, ended: once(child, 'close').then(([code]) => code as number | null) };
  }

  async startTaskFlow(env: Record<string, string> = {}): Promise<Run & { url: string }> {
    const taskflow = this.run('main.js', [], { PORT: '0', TASKFLOW_SEED: '5,3,30', ...env });
    const { output, child } = taskflow;
    await until('TaskFlow is ready', () => output.stdout.includes('\n') || child.exitCode !== null, 40_000);
    const [, url, pid] =
      /^TaskFlow listening on (http:\/\/127\.0\.0\.1:\d+) \(pid (\d+)\)\n$/.exec(output.stdout) ?? [];
    assert.ok(url, output.stderr);
    assert.equal(Number(pid), child.pid);
    return { ...taskflow, url };
  }

  killAll(): void {
    for (const child of this.started.splice(0)) child.kill('SIGKILL');
  }
}

/** The body of an answer to a GET that needs no session. */
export async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
