/** Starts TaskFlow as its users do, as plain `node` without any flag, and its load generator beside it. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { taskflow } from './project.mjs';
import { RigError } from './rig-error.mjs';

const START_MS = 60_000;

/**
 * @param {{ port?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ url: string, pid: number, exited: Promise<number | null>, stop: () => Promise<void> }>}
 */
export async function startTaskFlow({ port, env = {} } = {}) {
  const chosen = port ?? ((await isFree(4000)) ? 4000 : 0);
  const child = spawn(process.execPath, [join(taskflow, 'dist', 'main.js')], {
    cwd: taskflow,
    env: { ...withoutInspector(process.env), ...env, PORT: String(chosen) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = atEnd(() => child.kill('SIGTERM'));
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new RigError(`TaskFlow did not start within ${START_MS / 1000} s.`)),
      START_MS,
    );
    const read = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-4000);
      const match = /listening on (http:\S+)/.exec(output);
      if (match) resolve(match[1]);
      if (match) clearTimeout(timer);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then((code) =>
      reject(new RigError(`TaskFlow ended with code ${code} while starting: ${output.trim().split('\n').at(-1)}`)),
    );
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    forget();
  };
  return { url, pid: /** @type {number} */ (child.pid), exited, stop };
}

/**
 * @param {{ url: string, users?: number, duration?: string, seed?: number }} options
 * @returns {{ exited: Promise<number | null>, stop: () => Promise<void> }}
 */
export function startLoad({ url, users = 20, duration = '60s', seed = 1 }) {
  const args = [
    join(taskflow, 'dist', 'load', 'main.js'),
    '--url',
    url,
    '--users',
    String(users),
    '--duration',
    duration,
    '--seed',
    String(seed),
  ];
  const child = spawn(process.execPath, args, { cwd: taskflow, env: withoutInspector(process.env), stdio: 'ignore' });
  const forget = atEnd(() => child.kill('SIGTERM'));
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    forget();
  };
  return { exited, stop };
}

/** A Node started with the environment of an inspected one would open an inspector of its own. @param {NodeJS.ProcessEnv} env */
function withoutInspector(env) {
  const { NODE_OPTIONS: _options, ...rest } = env;
  return rest;
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
