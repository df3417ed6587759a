// A PostgreSQL and a Redis server of our own for the tests: own data folder, own port on the loopback interface, gone
// afterwards. Nothing that runs on this machine already is used or touched.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './find-program.mjs';

const START_MS = 30_000;
const NEEDED = { initdb: 'postgresql', postgres: 'postgresql', 'redis-server': 'redis-server' };

/** @returns {string | undefined} what is not installed and how to install it; undefined when all is there */
export function missingPrograms() {
  const missing = Object.entries(NEEDED).filter(([name]) => !findProgram(name));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map(([, needed]) => needed))].join(' ');
  const names = missing.map(([name]) => name).join(', ');
  return `${names} not installed (Debian and Ubuntu: apt-get install ${packages})`;
}

/**
 * Starts both servers.
 * @returns {Promise<{ databaseUrl: string, redisUrl: string, stop: () => Promise<void> }>}
 */
export async function startRealServers() {
  const folder = mkdtempSync(join(tmpdir(), 'taskflow-real-'));
  chmodSync(folder, 0o755);
  const user = unprivileged();
  /** @type {import('node:child_process').ChildProcess[]} */
  const servers = [];
  const stop = async () => {
    await Promise.all(servers.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const databasePort = await freePort();
    const redisPort = await freePort();
    servers.push(await startPostgres(ownFolder(folder, 'postgres', user), databasePort, user));
    servers.push(startRedis(ownFolder(folder, 'redis', user), redisPort, user));
    await Promise.all([listening(databasePort, servers[0]), listening(redisPort, servers[1])]);
    return {
      databaseUrl: `postgres://taskflow@127.0.0.1:${databasePort}/postgres`,
      redisUrl: `redis://127.0.0.1:${redisPort}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root; then it runs as its own user, or as nobody. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find(([known]) => known === name);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(
    'PostgreSQL cannot run as root and there is no user postgres or nobody; run the tests as another user.',
  );
}

/** @param {string} parent @param {string} name @param {{ uid?: number, gid?: number }} user */
function ownFolder(parent, name, { uid, gid }) {
  const path = join(parent, name);
  mkdirSync(path, { mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  return path;
}

/** @param {string} folder @param {number} port @param {{ uid?: number, gid?: number }} user */
async function startPostgres(folder, port, user) {
  const data = join(folder, 'data');
  const initdb = run(
    'initdb',
    ['-D', data, '-U', 'taskflow', '--auth=trust', '--encoding=UTF8', '--no-locale', '-N'],
    folder,
    user,
  );
  const [code] = await once(initdb, 'close');
  if (code !== 0) throw new Error(`initdb ended with code ${code}: ${initdb.output()}`);
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'max_connections=200',
  ];
  return run('postgres', ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], folder, user);
}

/** @param {string} folder @param {number} port @param {{ uid?: number, gid?: number }} user */
function startRedis(folder, port, user) {
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'];
  return run('redis-server', args, folder, user);
}

/** @param {string} name @param {string[]} args @param {string} cwd @param {{ uid?: number, gid?: number }} user */
function run(name, args, cwd, user) {
  const child = spawn(/** @type {string} */ (findProgram(name)), args, {
    cwd,
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (/** @type {Buffer} */ chunk) => {
    text = (text + chunk).slice(-2_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', keep);
  return Object.assign(child, { output: () => text.trim() });
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // For PostgreSQL this is the fast shutdown: it does not wait for clients.
  child.kill('SIGINT');
  await ended;
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {number} port @param {ReturnType<typeof run>} child */
async function listening(port, child) {
  const deadline = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`A server ended with code ${child.exitCode}: ${child.output()}`);
    if (Date.now() > deadline)
      throw new Error(`A server did not listen within ${START_MS / 1_000} s: ${child.output()}`);
    await sleep(50);
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
