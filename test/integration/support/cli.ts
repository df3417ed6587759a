import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { folder } from './folder.ts';

export const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface CliRun {
  readonly child: ChildProcess;
  readonly cwd: string;
  readonly done: Promise<CliResult>;
  /** What has come on stderr so far. */
  stderr(): string;
}
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cwd: string;
  json<T = Record<string, unknown>>(): T;
}

/** Starts `nodescope` as users do, from the built bundle (`npm run build`), in a folder of its own unless told. */
export function cli(args: readonly string[], cwd = folder()): CliRun {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<CliResult>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr, cwd, json: () => JSON.parse(stdout) as never })),
  );
  return { child, cwd, done, stderr: () => stderr };
}

export const run = (args: readonly string[], cwd?: string): Promise<CliResult> => cli(args, cwd).done;
