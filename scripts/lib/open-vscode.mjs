/**
 * Opens a VS Code with NodeScope in it for a person: the installed desktop one where there is a display, else the VS
 * Code server, whose plain URL works in any browser.
 *
 * In the server the extension is *installed* (a link in a throw-away extensions folder, or an unpacked `.vsix`), not
 * loaded as a development extension: that would need the `?payload=` of the smoke-test mode.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { atEnd } from './at-end.mjs';
import { findDesktopVsCode, hasDisplay, launchDesktop } from './desktop-vscode.mjs';
import { RigError } from './rig-error.mjs';
import { ensureVsCodeServer } from './setup-vscode.mjs';
import { startVsCodeServer } from './vscode-server.mjs';

/**
 * @typedef {object} OpenVsCode
 * @property {'desktop' | 'server'} kind
 * @property {string | undefined} url for the browser; the desktop has none
 * @property {Promise<number | null>} exited when VS Code ended by itself
 * @property {() => Promise<void>} stop
 */

/**
 * @param {object} options
 * @param {string} options.workspace folder to open
 * @param {string} options.extensionPath the extension's folder (built), or a `.vsix`
 * @param {(line: string) => void} [options.log]
 * @param {number} [options.port] for the server; a free one when left out
 * @param {boolean} [options.desktop] false never opens a desktop window; true insists on one
 * @param {Record<string, unknown>} [options.settings] user settings on top of the rig's
 * @param {NodeJS.ProcessEnv} [options.env]
 * @returns {Promise<OpenVsCode>}
 * @throws {RigError}
 */
export async function openVsCode({ workspace, extensionPath, log = () => {}, port, desktop, settings, env }) {
  const folder = resolve(workspace);
  const extension = resolve(extensionPath);
  for (const path of [folder, extension]) {
    if (!existsSync(path)) throw new RigError(`${path} does not exist; check the path, or build the extension first.`);
  }
  const executable = desktop === false || !hasDisplay() ? undefined : findDesktopVsCode();
  if (desktop && !executable) {
    throw new RigError('No desktop VS Code was found; install one or set NODESCOPE_VSCODE_PATH to its executable.');
  }
  if (executable && !extension.endsWith('.vsix')) {
    const args = ['--new-window', `--extensionDevelopmentPath=${extension}`, folder];
    const { exited, stop } = launchDesktop({ executable, args, settings, env });
    return { kind: 'desktop', url: undefined, exited, stop };
  }

  const dataDir = mkdtempSync(join(tmpdir(), 'nodescope-serve-'));
  const removeData = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  const forgetData = atEnd(removeData);
  try {
    const extensionsDir = join(dataDir, 'extensions');
    mkdirSync(extensionsDir);
    await installExtension(extension, extensionsDir, dataDir, log);
    const server = await startVsCodeServer({ extensionsDir, dataDir, port, settings, env, log });
    const stop = async () => {
      await server.stop();
      forgetData();
      removeData();
    };
    return { kind: 'server', url: server.url(folder), exited: server.exited, stop };
  } catch (error) {
    forgetData();
    removeData();
    throw error;
  }
}

/**
 * A link and not an entry in `extensions.json`: should someone press "Uninstall" in the served VS Code, the link goes
 * and the extension's own folder stays.
 *
 * @param {string} extension
 * @param {string} extensionsDir
 * @param {string} dataDir
 * @param {(line: string) => void} log
 */
async function installExtension(extension, extensionsDir, dataDir, log) {
  if (!extension.endsWith('.vsix')) {
    const { publisher, name, version } = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8'));
    symlinkSync(extension, join(extensionsDir, `${publisher}.${name}-${version}`), 'junction');
    return;
  }
  const { nodePath, serverMain } = await ensureVsCodeServer({ log });
  const args = ['--install-extension', extension, '--extensions-dir', extensionsDir, '--server-data-dir', dataDir];
  const own = ['--user-data-dir', join(dataDir, 'data'), '--accept-server-license-terms', '--telemetry-level', 'off'];
  let output = '';
  const code = await new Promise((done) => {
    const child = spawn(nodePath, [serverMain, ...args, ...own], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.once('error', () => done(null));
    child.once('close', done);
  });
  if (code !== 0) {
    throw new RigError(`VS Code did not accept ${extension} (${output.trim().split('\n').at(-1)}); package it again.`);
  }
}
