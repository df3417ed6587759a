/** The project's own set-up: dependencies, bundles, TaskFlow. Each step does nothing when it is done already. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, run } from './npm-install.mjs';
import { RigError } from './rig-error.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const taskflow = join(root, 'samples', 'taskflow');
export const runtimes = join(root, 'test', 'runtimes');

/** @param {(line: string) => void} log */
export async function ensureBuilt(log) {
  await ensureInstalled(root, 'the dependencies', log);
  log('building');
  const { buildAll } = await import('../build.mjs');
  await buildAll();
}

/** @param {(line: string) => void} log */
export async function ensureTaskFlow(log) {
  await ensureInstalled(taskflow, "TaskFlow's dependencies", log);
  if ((await run('npm', ['run', '--silent', 'build'], taskflow)) !== 0)
    throw new RigError('TaskFlow did not compile; see the messages above.');
}

/** The Node binaries of other majors, where they exist as packages. @param {(line: string) => void} log */
export async function ensureRuntimes(log) {
  if (process.platform === 'linux' && process.arch === 'x64')
    await ensureInstalled(runtimes, 'other Node versions for the tests', log);
}
