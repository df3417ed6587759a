/**
 * Runs the installed VS Code server on a loopback port, in a process group of its own.
 *
 * `server-main.js` is started directly: the `code-server` command adds a login page and its own proxy. With
 * `smokeTestDriver` the workbench honours `?payload=`, which is how extension tests get in; without it a plain
 * `?folder=` URL is all that works, and extensions must be in `extensionsDir`.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './at-end.mjs';
import { END_WITH_PARENT, endGroup, killGroup } from './process-group.mjs';
import { RigError } from './rig-error.mjs';
import { ensureVsCodeServer } from './setup-vscode.mjs';

const START_TIMEOUT_MS = 30_000;

/** No shop, no welcome, no chat, no questions: what stays on the screen is the extension's doing. */
export const QUIET_SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.menuBarVisibility': 'compact',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * @typedef {object} ServerOptions
 * @property {string} extensionsDir folder of installed extensions
 * @property {string} dataDir the server's state, settings and `server.log`; created when missing
 * @property {number | undefined} [port] a free one when left out
 * @property {NodeJS.ProcessEnv | undefined} [env] added to this process's environment; the extension host sees it
 * @property {boolean} [smokeTestDriver] honour `?payload=`
 * @property {Record<string, unknown> | undefined} [settings] user settings on top of `QUIET_SETTINGS`; not written over existing ones
 * @property {((line: string) => void) | undefined} [log] progress of a first installation
 */

/** @typedef {[key: string, value: string][]} Payload workbench options, such as `extensionDevelopmentPath` */

/**
 * @typedef {object} RunningServer
 * @property {(folder: string, payload?: Payload) => string} url the address that opens `folder`
 * @property {(path: string) => string} remoteUri how `payload` names a file or folder of this machine
 * @property {number} port
 * @property {number} pid leader of the process group
 * @property {string} logFile
 * @property {Promise<number | null>} exited exit code, when the server has ended for whatever reason
 * @property {() => Promise<void>} stop ends the process group; safe to call twice
 */

/**
 * Starts the server (installing it first where needed) and waits until it answers.
 *
 * @param {ServerOptions} options
 * @returns {Promise<RunningServer>}
 * @throws {RigError} when it cannot be installed or does not come up
 */
export async function startVsCodeServer(options) {
  const { extensionsDir, dataDir, env = {}, settings = {}, log } = options;
  const { nodePath, serverMain } = await ensureVsCodeServer({ log });
  mkdirSync(extensionsDir, { recursive: true });
  writeSettings(dataDir, settings);

  const logFile = join(dataDir, 'server.log');
  const logStream = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(nodePath, ['--import', END_WITH_PARENT, serverMain, ...serverArguments(options)], {
    env: serverEnvironment(env),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  child.stderr.pipe(logStream, { end: false });
  child.stdout.pipe(logStream, { end: false });

  const forgetGroup = atEnd(() => {
    if (child.pid) killGroup(child.pid);
  });
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () => {
    stopping ??= (async () => {
      if (child.pid) await endGroup(child.pid);
      forgetGroup();
      logStream.end();
    })();
    return stopping;
  };

  try {
    const boundPort = await Promise.race([
      readPort(child),
      exited.then(() => Promise.reject(startFailed('ended at once', logFile))),
      delay(START_TIMEOUT_MS, undefined, { ref: false }).then(() =>
        Promise.reject(startFailed(`was not up after ${START_TIMEOUT_MS / 1000} s`, logFile)),
      ),
    ]);
    await answers(boundPort, logFile);
    const authority = `127.0.0.1:${boundPort}`;
    return {
      url: (folder, payload) => {
        const query = new URLSearchParams({ folder });
        if (payload) query.set('payload', JSON.stringify(payload));
        return `http://${authority}/?${query.toString().replaceAll('%2F', '/')}`;
      },
      remoteUri: (path) => `vscode-remote://${authority}${path.split('/').map(encodeURIComponent).join('/')}`,
      port: boundPort,
      pid: /** @type {number} */ (child.pid),
      logFile,
      exited,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {ServerOptions} options */
function serverArguments({ extensionsDir, dataDir, port = 0, smokeTestDriver = false }) {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', dataDir, '--user-data-dir', join(dataDir, 'data'), '--extensions-dir', extensionsDir],
    ...['--telemetry-level', 'off', '--disable-workspace-trust', '--force-disable-user-env'],
    ...(smokeTestDriver ? ['--enable-smoke-test-driver'] : []),
  ];
}

/**
 * The variables of a VS Code terminal around us (`VSCODE_IPC_HOOK_CLI` ...) would make the server talk to that VS Code;
 * `NODE_OPTIONS` may ask for what the server's Node does not have.
 *
 * @param {NodeJS.ProcessEnv} extra
 */
function serverEnvironment(extra) {
  const foreign = /^(VSCODE_|ELECTRON_|npm_|INIT_CWD$|NODE_OPTIONS$)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const noGallery = { serviceUrl: '', itemUrl: '', resourceUrlTemplate: '', controlUrl: '' };
  return { ...inherited, EXTENSIONS_GALLERY: JSON.stringify(noGallery), ...extra };
}

/**
 * @param {string} dataDir
 * @param {Record<string, unknown>} settings
 */
function writeSettings(dataDir, settings) {
  const folder = join(dataDir, 'data', 'User');
  const file = join(folder, 'settings.json');
  if (existsSync(file)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
}

/**
 * The port the server says it has bound: asking for port 0 leaves no gap in which another process could take it.
 *
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
 * @returns {Promise<number>}
 */
function readPort(child) {
  return new Promise((resolve) => {
    let text = '';
    /** @param {Buffer} chunk */
    const onData = (chunk) => {
      text += chunk.toString();
      const match = /Extension host agent listening on (\d+)/.exec(text);
      if (!match) return;
      child.stdout.off('data', onData);
      resolve(Number(match[1]));
    };
    child.stdout.on('data', onData);
  });
}

/**
 * @param {number} port
 * @param {string} logFile
 */
async function answers(port, logFile) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/version`, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    if (Date.now() > deadline) throw startFailed('does not answer', logFile);
    await delay(50);
  }
}

/**
 * @param {string} what
 * @param {string} logFile
 */
function startFailed(what, logFile) {
  return new RigError(`The VS Code server ${what}; its log is ${logFile}.`);
}
