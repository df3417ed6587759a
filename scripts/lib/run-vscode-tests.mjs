/**
 * Runs extension tests in a real VS Code: by default the VS Code server in a headless Chromium; with
 * `NODESCOPE_VSCODE=desktop` a desktop VS Code (`desktop-vscode.mjs`).
 *
 * `testsPath` is a CommonJS module that exports `run(): Promise<void>`; it runs inside the extension host, and its
 * rejection is a failure. What it prints comes back as `log`. Through `test/vscode/rig/bridge.ts` it can ask this side
 * for screenshots and user actions; `onPage` gives the same browser page to the caller.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { format } from 'node:util';
import { atEnd } from './at-end.mjs';
import { launchBrowser } from './chromium.mjs';
import { runDesktopTests } from './desktop-vscode.mjs';
import { RigError } from './rig-error.mjs';
import { startTestBridge } from './test-bridge.mjs';
import { startVsCodeServer } from './vscode-server.mjs';
import { WorkbenchDriver } from './workbench-driver.mjs';

/** What the workbench itself logs on the channel that the tests' output comes through. */
const WORKBENCH_CHATTER = new RegExp(
  `^(${[
    'Resolv(ing|ed) connection token',
    'Creating a socket',
    String.raw`\[(reconnection-grace-time|AgentHost(:\w+)?|AccountPolicyGate|Service Worker|ChatModelSelection)\]`,
    '(Ignoring fetching|Updating) additional builtin extensions',
    'Started local extension host',
    'Extension host terminated',
  ].join('|')})`,
);

/**
 * @typedef {object} TestRunOptions
 * @property {string} extensionPath folder with the extension's package.json
 * @property {string} testsPath module that exports `run()`
 * @property {string} workspace folder to open; tests that write should be given a copy
 * @property {number} [timeoutMs] for the whole run, installation excluded; 180 s when left out
 * @property {(line: string) => void} [onLog] each line as it comes
 * @property {Record<string, unknown> | undefined} [settings] user settings on top of the rig's
 * @property {NodeJS.ProcessEnv} [env] more environment for the extension host
 * @property {string} [screenshotsDir] a new folder under the system's temporary one when left out
 * @property {(page: import('playwright-core').Page, driver: WorkbenchDriver) => Promise<void> | void} [onPage] runs beside
 *   the tests, from before the workbench is there; its rejection fails the run (browser only)
 * @property {boolean | undefined} [headless] false shows the browser
 * @property {{ width: number, height: number }} [viewport]
 */

/**
 * @typedef {object} TestRunResult
 * @property {number} code 0 when the tests passed
 * @property {string[]} log what the tests printed, and the rig's own remarks
 * @property {string[]} screenshots paths
 */

/**
 * @param {TestRunOptions} options
 * @returns {Promise<TestRunResult>} a failing test is a result; only a rig that cannot run throws
 * @throws {RigError}
 */
export async function runExtensionTests(options) {
  const paths = {
    extensionPath: resolve(options.extensionPath),
    testsPath: resolve(options.testsPath),
    workspace: resolve(options.workspace),
  };
  for (const path of Object.values(paths)) {
    if (!existsSync(path)) throw new RigError(`${path} does not exist; build the extension and its tests first.`);
  }
  const complete = {
    ...options,
    ...paths,
    screenshotsDir: options.screenshotsDir ?? mkdtempSync(join(tmpdir(), 'nodescope-shots-')),
    timeoutMs: options.timeoutMs ?? 180_000,
  };
  return process.env.NODESCOPE_VSCODE === 'desktop' ? runDesktopTests(complete) : runInServer(complete);
}

/**
 * @param {TestRunOptions & { screenshotsDir: string, timeoutMs: number }} options
 * @returns {Promise<TestRunResult>}
 */
async function runInServer(options) {
  const { onLog = () => {}, screenshotsDir } = options;
  /** @type {string[]} */
  const log = [];
  /** @param {string} text */
  const note = (text) => {
    for (const line of text.split('\n')) {
      log.push(line);
      onLog(line);
    }
  };
  const dataDir = mkdtempSync(join(tmpdir(), 'nodescope-vscode-'));
  const removeData = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  const forgetData = atEnd(removeData);
  /** @type {(() => Promise<unknown>)[]} */
  const undo = [
    async () => {
      forgetData();
      removeData();
    },
  ];
  /** @type {(driver: WorkbenchDriver) => void} */
  let driverIsThere = () => {};
  /** @type {Promise<WorkbenchDriver>} */
  const driverReady = new Promise((resolve) => {
    driverIsThere = resolve;
  });

  try {
    const bridge = await startTestBridge(() => driverReady);
    undo.unshift(bridge.close);
    const server = await startVsCodeServer({
      dataDir,
      extensionsDir: join(dataDir, 'extensions'),
      env: { ...options.env, NODESCOPE_TEST_BRIDGE: bridge.url },
      smokeTestDriver: true,
      settings: options.settings,
      log: note,
    });
    undo.unshift(server.stop);
    const browser = await launchBrowser({ headless: options.headless });
    undo.unshift(() => browser.close());

    const page = await browser.newPage({ viewport: options.viewport ?? { width: 1440, height: 900 } });
    const driver = new WorkbenchDriver(page, { screenshotsDir });
    driverIsThere(driver);
    const code = await verdict({ ...options, page, driver, server, browser, note });
    if (code !== 0) {
      for (const { from, text } of driver.problems().slice(-20))
        note(`Browser error (${from}): ${text.split('\n')[0]}`);
      mkdirSync(screenshotsDir, { recursive: true });
      copyFileSync(server.logFile, join(screenshotsDir, 'server.log'));
    }
    return { code, log, screenshots: driver.screenshots };
  } finally {
    for (const step of undo) await step().catch((error) => note(`While cleaning up: ${error}`));
  }
}

/**
 * Opens the workbench and waits for the first of: the tests' exit code, the time limit, the end of server or browser,
 * a failure of `onPage`.
 *
 * @param {TestRunOptions & {
 *   timeoutMs: number,
 *   page: import('playwright-core').Page,
 *   driver: WorkbenchDriver,
 *   server: import('./vscode-server.mjs').RunningServer,
 *   browser: import('playwright-core').Browser,
 *   note: (text: string) => void,
 * }} run
 * @returns {Promise<number>}
 */
async function verdict({
  extensionPath,
  testsPath,
  workspace,
  timeoutMs,
  onPage,
  page,
  driver,
  server,
  browser,
  note,
}) {
  const settled = new AbortController();
  /** @param {string} why */
  const fail = (why) => {
    if (!settled.signal.aborted) note(why);
    return 1;
  };
  /** @type {Promise<number>} */
  const exitCode = new Promise((resolve) => {
    // The workbench waits for this call, so the picture still shows the failure.
    void page.exposeFunction('codeAutomationExit', async (/** @type {number} */ code) => {
      if (code !== 0) await driver.screenshot('failure').catch(() => {});
      resolve(code);
    });
  });
  await page.exposeFunction('codeAutomationLog', (/** @type {string} */ _type, /** @type {unknown[]} */ args) => {
    const text = format(...args);
    if (!WORKBENCH_CHATTER.test(text)) note(text);
  });
  const opened = page.goto(
    server.url(workspace, [
      ['extensionDevelopmentPath', server.remoteUri(extensionPath)],
      ['extensionTestsPath', server.remoteUri(testsPath)],
    ]),
  );
  /** @type {Promise<number>[]} */
  const ends = [
    exitCode,
    server.exited.then((code) => fail(`The VS Code server ended (${code}) before the tests did.`)),
    new Promise((resolve) => browser.once('disconnected', () => resolve(fail('The browser ended before the tests.')))),
    new Promise((resolve) =>
      page.once('crash', () => resolve(fail('The browser page crashed; is there enough memory?'))),
    ),
    rejection(opened).then((error) => fail(`The workbench could not be opened: ${error}`)),
    rejection(Promise.resolve().then(() => onPage?.(page, driver))).then((error) => fail(`onPage failed: ${error}`)),
    delay(timeoutMs, undefined, { ref: false, signal: settled.signal }).then(
      async () => {
        await driver.screenshot('timeout').catch(() => {});
        return fail(`The extension tests were not finished after ${timeoutMs / 1000} s; see the screenshot "timeout".`);
      },
      () => 1,
    ),
  ];
  const code = await Promise.race(ends);
  settled.abort();
  return code;
}

/**
 * @param {Promise<unknown>} promise
 * @returns {Promise<unknown>} resolves with the reason if `promise` rejects, else never
 */
function rejection(promise) {
  return new Promise((resolve) => promise.catch(resolve));
}
