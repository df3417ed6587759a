/**
 * A lock between processes, held by the existence of one file. Needed because `npm test` and `npm start` may both
 * decide to install the VS Code server. Limits: one machine, local file system. A holder that died is noticed by its
 * process id, or by a missing heartbeat when another process has inherited that id.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from './rig-error.mjs';

const HEARTBEAT_MS = 2_000;
const STALE_MS = 20_000;

/**
 * Runs `work` while holding the lock at `file`; waits for another holder, at most `timeoutMs`.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ timeoutMs?: number, onWait?: (pid: number) => void }} [options]
 * @returns {Promise<T>}
 */
export async function withFileLock(file, work, { timeoutMs = 600_000, onWait } = {}) {
  const release = await acquire(file, timeoutMs, onWait);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * @param {string} file
 * @param {number} timeoutMs
 * @param {((pid: number) => void) | undefined} onWait
 * @returns {Promise<() => void>} the undo
 */
async function acquire(file, timeoutMs, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const token = `${process.pid} ${randomUUID()}`;
  const deadline = Date.now() + timeoutMs;
  let announced = false;
  while (!tryCreate(file, token)) {
    const holder = readHolder(file);
    if (holder?.stale) {
      steal(file, holder.token);
      continue;
    }
    if (holder && !announced) {
      announced = true;
      onWait?.(holder.pid);
    }
    if (Date.now() > deadline) {
      throw new RigError(`Another process (pid ${holder?.pid}) still holds ${file}; wait for it, or delete that file.`);
    }
    await delay(250);
  }
  const heartbeat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Deleted by hand: the work goes on, there is nothing left to refresh.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    if (readHolder(file)?.token === token) rmSync(file, { force: true });
  };
}

/**
 * Creates the lock with its content in one step, so that nobody can read a lock that is still empty.
 *
 * @param {string} file
 * @param {string} token
 */
function tryCreate(file, token) {
  const draft = `${file}.${process.pid}.${randomUUID()}`;
  writeFileSync(draft, token);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} file */
function readHolder(file) {
  try {
    const token = readFileSync(file, 'utf8');
    const pid = Number.parseInt(token, 10);
    const age = Date.now() - statSync(file).mtimeMs;
    return { token, pid, stale: !isAlive(pid) || age > STALE_MS };
  } catch {
    return undefined;
  }
}

/**
 * Moves a stale lock away. Two waiters may try at once: the one that moved a fresh lock by mistake puts it back.
 *
 * @param {string} file
 * @param {string} staleToken
 */
function steal(file, staleToken) {
  const aside = `${file}.${process.pid}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, 'utf8') === staleToken) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
