/**
 * Ends a process that was spawned with `detached: true` together with everything it started, and nothing else.
 * Limit: a descendant that made its own session (a terminal's shell) is not in the group; it ends with its terminal.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** To preload into a Node process that leads a group, so that it does not outlive this process. */
export const END_WITH_PARENT = new URL('end-with-parent.mjs', import.meta.url).href;

/**
 * Asks the group to end, then forces it.
 *
 * @param {number} pid leader of the group
 * @param {number} [graceMs] how long the group may take before it is forced
 * @returns {Promise<void>} when no process of the group is left
 */
export async function endGroup(pid, graceMs = 3_000) {
  signalGroup(pid, 'SIGTERM');
  if (await isGone(pid, graceMs)) return;
  signalGroup(pid, 'SIGKILL');
  await isGone(pid, 2_000);
}

/**
 * The synchronous last resort for `process.on('exit')`.
 *
 * @param {number} pid leader of the group
 */
export function killGroup(pid) {
  signalGroup(pid, 'SIGKILL');
}

/**
 * @param {number} pid
 * @param {number} waitMs
 */
async function isGone(pid, waitMs) {
  const deadline = Date.now() + waitMs;
  while (signalGroup(pid, 0)) {
    if (Date.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean} whether the group still had a process
 */
function signalGroup(pid, signal) {
  try {
    if (process.platform === 'win32' && signal !== 0) {
      spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
      return true;
    }
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch {
    return false;
  }
}
