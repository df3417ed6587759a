/**
 * Finds a Chromium on this machine and drives it through `playwright-core` (from `scripts/vscode-server`, or from the
 * extension's own development dependencies). Nothing is downloaded. Content security policies stay in force: a
 * violation in our webview has to show.
 */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { RigError } from './rig-error.mjs';
import { SERVER_PACKAGE } from './setup-vscode.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];

const FIXED_PATHS = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
  linux: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'],
};

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @returns {string} path of the browser to use: `NODESCOPE_CHROMIUM`, or the first one found
 * @throws {RigError} when there is none
 */
export function findChromium() {
  const wanted = process.env.NODESCOPE_CHROMIUM;
  if (wanted) {
    if (isExecutable(wanted)) return wanted;
    throw new RigError(`NODESCOPE_CHROMIUM names ${wanted}, which cannot be executed; correct it or unset it.`);
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const fixed = FIXED_PATHS[/** @type {keyof typeof FIXED_PATHS} */ (process.platform)] ?? [];
  const found = [...fixed, ...onPath].find(isExecutable);
  if (found) return found;
  throw new RigError(
    'No Chromium was found to open VS Code in; install one (Debian and Ubuntu: apt-get install chromium) or set ' +
      'NODESCOPE_CHROMIUM to its path.',
  );
}

/**
 * @param {{ headless?: boolean | undefined }} [options]
 * @returns {Promise<import('playwright-core').Browser>} close it when done
 * @throws {RigError} when no browser is found or it does not start
 */
export async function launchBrowser({ headless = true } = {}) {
  const executablePath = findChromium();
  const { chromium } = loadPlaywright();
  try {
    return await chromium.launch({ executablePath, headless, args: FLAGS, timeout: 30_000 });
  } catch (cause) {
    throw new RigError(`${executablePath} did not start; run it by hand to see why, or set NODESCOPE_CHROMIUM.`, {
      cause,
    });
  }
}

/** @returns {typeof import('playwright-core')} */
export function loadPlaywright() {
  for (const base of [join(SERVER_PACKAGE, 'package.json'), import.meta.url]) {
    try {
      return createRequire(base)('playwright-core');
    } catch {
      // Not installed there.
    }
  }
  throw new RigError('playwright-core is not installed; run npm ci in the repository and try again.');
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
