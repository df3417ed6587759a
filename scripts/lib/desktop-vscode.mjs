/**
 * The desktop VS Code, where there is one: runs extension tests in it, and opens it for a person.
 *
 * The executable is `NODESCOPE_VSCODE_PATH`, else the one behind an installed `code` command, else (tests only) a VS Code
 * that `@vscode/test-electron` downloads. The test bridge reaches its window through Chromium's remote debugging.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './at-end.mjs';
import { loadPlaywright } from './chromium.mjs';
import { endGroup, killGroup } from './process-group.mjs';
import { RigError } from './rig-error.mjs';
import { startTestBridge } from './test-bridge.mjs';
import { QUIET_SETTINGS } from './vscode-server.mjs';
import { WorkbenchDriver } from './workbench-driver.mjs';

/** Whether a window could be shown at all. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** @returns {string | undefined} the executable of an installed VS Code */
export function findDesktopVsCode() {
  const wanted = process.env.NODESCOPE_VSCODE_PATH;
  if (wanted) {
    if (existsSync(wanted)) return wanted;
    throw new RigError(`NODESCOPE_VSCODE_PATH names ${wanted}, which does not exist; correct it or unset it.`);
  }
  const known = {
    darwin: ['/Applications/Visual Studio Code.app/Contents/MacOS/Electron'],
    win32: [join(process.env.LOCALAPPDATA ?? '', 'Programs', 'Microsoft VS Code', 'Code.exe')],
  };
  const candidates = [...(known[/** @type {keyof typeof known} */ (process.platform)] ?? [])];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    // `bin/code` is a script beside the executable; inside a remote session it is another one, without it.
    const script = join(folder, 'code');
    if (existsSync(script)) candidates.push(join(dirname(realpathSync(script)), '..', 'code'));
  }
  return candidates.find((path) => existsSync(path));
}

/**
 * @typedef {object} DesktopProcess
 * @property {number} pid leader of the process group
 * @property {Promise<number | null>} exited
 * @property {() => Promise<void>} stop ends VS Code and removes its profile
 */

/**
 * Starts a VS Code of its own: its own profile, so that it neither joins nor changes the one the user has open.
 *
 * @param {{ executable: string, args: string[], settings?: Record<string, unknown> | undefined,
 *   env?: NodeJS.ProcessEnv | undefined, onLine?: (line: string) => void }} options
 * @returns {DesktopProcess}
 */
export function launchDesktop({ executable, args, settings = {}, env = {}, onLine = () => {} }) {
  const profile = mkdtempSync(join(tmpdir(), 'nodescope-desktop-'));
  const userDir = join(profile, 'data', 'User');
  mkdirSync(userDir, { recursive: true });
  writeFileSync(join(userDir, 'settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name)),
  );
  const own = ['--user-data-dir', join(profile, 'data'), '--extensions-dir', join(profile, 'extensions')];
  const quiet = ['--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--disable-updates'];
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(executable, [...own, ...quiet, ...sandbox, ...args], {
    env: { ...inherited, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    });
  }
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', (error) => {
      onLine(`${executable} could not be started: ${error.message}`);
      resolve(null);
    });
  });
  const pid = child.pid ?? 0;
  const removeProfile = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  const forget = atEnd(() => {
    if (pid) killGroup(pid);
    removeProfile();
  });
  const stop = async () => {
    if (pid) await endGroup(pid);
    forget();
    removeProfile();
  };
  return { pid, exited, stop };
}

/**
 * Runs extension tests in a desktop VS Code; `runExtensionTests` describes options and result.
 *
 * @param {import('./run-vscode-tests.mjs').TestRunOptions & { screenshotsDir: string, timeoutMs: number }} options
 * @returns {Promise<import('./run-vscode-tests.mjs').TestRunResult>}
 */
export async function runDesktopTests(options) {
  if (!hasDisplay()) {
    throw new RigError(
      'NODESCOPE_VSCODE=desktop needs a display; set DISPLAY (for example with xvfb-run) or unset it.',
    );
  }
  const executable = findDesktopVsCode() ?? (await downloadVsCode());
  /** @type {string[]} */
  const log = [];
  /** @param {string} line */
  const note = (line) => {
    log.push(line);
    options.onLog?.(line);
  };
  /** @type {(port: number) => void} */
  let debugPortIsKnown = () => {};
  /** @type {Promise<number>} */
  const debugPort = new Promise((resolve) => {
    debugPortIsKnown = resolve;
  });
  /** @type {Promise<WorkbenchDriver> | undefined} */
  let connecting;
  /** @type {WorkbenchDriver | undefined} */
  let driver;
  const connect = async () => {
    const browser = await loadPlaywright().chromium.connectOverCDP(`http://127.0.0.1:${await debugPort}`);
    const page = browser.contexts()[0]?.pages()[0];
    if (!page) throw new RigError('The desktop VS Code has no window the test bridge could reach; open one.');
    driver = new WorkbenchDriver(page, { screenshotsDir: options.screenshotsDir });
    return driver;
  };
  const connected = () => {
    connecting ??= connect();
    return connecting;
  };
  const bridge = await startTestBridge(connected);
  const vscode = launchDesktop({
    executable,
    settings: options.settings,
    env: { ...options.env, NODESCOPE_TEST_BRIDGE: bridge.url },
    args: [
      `--extensionDevelopmentPath=${options.extensionPath}`,
      `--extensionTestsPath=${options.testsPath}`,
      '--remote-debugging-port=0',
      options.workspace,
    ],
    onLine: (line) => {
      const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port) debugPortIsKnown(Number(port));
      else note(line);
    },
  });
  const stopClock = new AbortController();
  try {
    if (options.onPage) {
      void connected()
        .then((ready) => options.onPage?.(ready.page, ready))
        .catch((error) => {
          note(`onPage failed: ${error}`);
          stopClock.abort();
        });
    }
    const code = await Promise.race([
      vscode.exited,
      delay(options.timeoutMs, null, { signal: stopClock.signal, ref: false }).catch(() => null),
    ]);
    if (code === null) note(`The desktop VS Code gave no verdict within ${options.timeoutMs / 1000} s.`);
    return { code: code ?? 1, log, screenshots: driver?.screenshots ?? [] };
  } finally {
    stopClock.abort();
    await bridge.close();
    await vscode.stop();
    await driver?.page.context().browser()?.close();
  }
}

/** @returns {Promise<string>} executable of a downloaded VS Code */
async function downloadVsCode() {
  try {
    const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
    return await downloadAndUnzipVSCode();
  } catch (cause) {
    throw new RigError(
      'No desktop VS Code is installed and none could be downloaded; install one, set NODESCOPE_VSCODE_PATH, or unset ' +
        'NODESCOPE_VSCODE to use the VS Code server.',
      { cause },
    );
  }
}
