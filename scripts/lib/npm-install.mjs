/** Installs a package folder from its lock file when that has not been done for this lock yet. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from './file-lock.mjs';
import { RigError } from './rig-error.mjs';

/** @param {string} folder */
function wanted(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
}

/**
 * Makes `folder/node_modules` match `folder/package-lock.json`.
 *
 * @param {string} folder
 * @param {string} name for messages
 * @param {(line: string) => void} log
 */
export async function ensureInstalled(folder, name, log) {
  const stamp = join(folder, 'node_modules', '.nodescope-installed');
  const done = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(folder);
  if (done()) return;
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  await withFileLock(join(folder, '.install.lock'), async () => {
    if (done()) return;
    log(`installing ${name}`);
    // Scripts stay off: nothing here needs one, and a script is somebody else's program.
    const code = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    if (code !== 0)
      throw new RigError(`Installing ${name} failed; check that the npm registry is reachable, and run this again.`);
    writeFileSync(stamp, wanted(folder));
  });
}

/**
 * Runs a program with its output on ours; its exit code.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function run(command, args, cwd, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
