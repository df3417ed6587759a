/**
 * The extension tests' eyes and hands: asks the browser around VS Code what the user really sees, and acts on it.
 * Runs inside the extension host; plain `fetch`, no `vscode` import.
 *
 *     const ui = testBridge();
 *     await ui.runCommand('NodeScope: Show Cinema');
 *     const cinema = ui.webview('#timeline');
 *     await cinema.click({ role: 'button', name: 'Zoom in' });
 *     assert.match(await cinema.text(), /N\+1/);
 *     await ui.screenshot('cinema');
 */
import type {
  Box,
  BridgeRequest,
  BridgeResponse,
  BridgeResults,
  ClickOptions,
  PageProblem,
  Place,
  Point,
  Target,
  WheelOptions,
} from './protocol.ts';

/** The environment variable that carries the bridge's URL into the extension host. */
const URL_VARIABLE = 'NODESCOPE_TEST_BRIDGE';

/** More than any action takes beyond its own time limit, so that the bridge's own, clearer error arrives first. */
const SLACK_MS = 60_000;

/** The browser could not do what was asked; the message is its reason. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
}

/** One surface: the workbench, or the inside of one webview. Each action waits for its target, up to 15 s. */
export interface Surface {
  click(target: Target, options?: ClickOptions): Promise<void>;
  hover(target: Target, position?: Point): Promise<void>;
  /** Presses at `from`, moves, releases at `to`; both relative to the target. */
  drag(target: Target, from: Point, to: Point): Promise<void>;
  wheel(target: Target, options: WheelOptions): Promise<void>;
  waitFor(target: Target, options?: { state?: 'visible' | 'hidden'; timeoutMs?: number }): Promise<void>;
  /** The visible text of the target, or of the whole surface. */
  text(target?: Target): Promise<string>;
  /** How many elements match now, visible or not; never waits. */
  count(target: Target): Promise<number>;
  box(target: Target): Promise<Box | null>;
  /** Evaluates JavaScript source in the page; the result must survive JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Saves a PNG of the target, or of the whole surface; answers its path. */
  screenshot(name: string, target?: Target): Promise<string>;
}

export interface TestBridge {
  readonly workbench: Surface;
  /** The first visible webview, or the one that contains `having` (a CSS selector). */
  webview(having?: string): Surface;
  /** Saves a PNG of the whole window; answers its path. */
  screenshot(name: string): Promise<string>;
  /** A key or chord for whatever has the focus, such as `F5` or `Control+Shift+P`. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Runs a command by its title through the command palette, as a user does. */
  runCommand(title: string): Promise<void>;
  setViewport(width: number, height: number): Promise<void>;
  /** Console errors so far, content security violations included. */
  problems(): Promise<PageProblem[]>;
}

/** Whether a browser is there to be asked (it is not in a desktop VS Code without remote debugging). */
export function hasTestBridge(): boolean {
  return Boolean(process.env[URL_VARIABLE]);
}

/**
 * The bridge of this test run.
 *
 * @throws BridgeError when the tests were not started by `runExtensionTests`
 */
export function testBridge(): TestBridge {
  const url = process.env[URL_VARIABLE];
  if (!url) {
    throw new BridgeError(`${URL_VARIABLE} is not set; start these tests with scripts/lib/run-vscode-tests.mjs.`);
  }
  const ask: Ask = (request) => send(url, request);
  return {
    workbench: surface(ask, { in: 'workbench' }),
    webview: (having) => surface(ask, having === undefined ? { in: 'webview' } : { in: 'webview', having }),
    screenshot: (name) => ask({ action: 'screenshot', name }),
    press: async (key) => void (await ask({ action: 'press', key })),
    type: async (text) => void (await ask({ action: 'type', text })),
    runCommand: async (title) => void (await ask({ action: 'runCommand', title })),
    setViewport: async (width, height) => void (await ask({ action: 'setViewport', width, height })),
    problems: () => ask({ action: 'problems' }),
  };
}

type Ask = <R extends BridgeRequest>(request: R) => Promise<BridgeResults[R['action']]>;

function surface(ask: Ask, place: Place): Surface {
  return {
    click: async (target, options = {}) => void (await ask({ action: 'click', place, target, ...options })),
    hover: async (target, position) =>
      void (await ask({ action: 'hover', place, target, ...(position ? { position } : {}) })),
    drag: async (target, from, to) => void (await ask({ action: 'drag', place, target, from, to })),
    wheel: async (target, options) => void (await ask({ action: 'wheel', place, target, ...options })),
    waitFor: async (target, options = {}) => void (await ask({ action: 'waitFor', place, target, ...options })),
    text: (target) => ask({ action: 'text', place, ...(target ? { target } : {}) }),
    count: (target) => ask({ action: 'count', place, target }),
    box: (target) => ask({ action: 'box', place, target }),
    evaluate: (expression) => ask({ action: 'evaluate', place, expression }),
    screenshot: (name, target) => ask({ action: 'screenshot', name, place, ...(target ? { target } : {}) }),
  };
}

async function send<R extends BridgeRequest>(url: string, request: R): Promise<BridgeResults[R['action']]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(SLACK_MS + (('timeoutMs' in request ? request.timeoutMs : undefined) ?? 0)),
  });
  const answer = (await response.json()) as BridgeResponse;
  if (!answer.ok) throw new BridgeError(`${request.action}: ${answer.error}`);
  return answer.value as BridgeResults[R['action']];
}
