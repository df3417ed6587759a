import { type ChildProcess, spawn } from 'node:child_process';
import { textOf } from '../error/error.ts';
import { programFailed } from '../error/target-errors.ts';

/** A program started for a recording; ended with it. */
export interface LaunchedProgram {
  readonly pid: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const STOP_MS = 3000;

/**
 * Starts `command` (its first word a Node binary) as it is, without flags; it is attached to like any other process. Its
 * output goes to our stderr, so that stdout stays ours. Throws `target.program`.
 */
export async function launchProgram(command: readonly string[]): Promise<LaunchedProgram> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['inherit', 2, 2] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(programFailed(program, textOf(error))));
  });
  return { pid: child.pid as number, exited, stop: () => stopChild(child, exited) };
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
