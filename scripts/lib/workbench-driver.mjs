/**
 * Drives a VS Code workbench in a browser page: what a user can see, click and press, in the workbench or inside a
 * webview. Used by the test bridge, and by scripts that make screenshots. The vocabulary is `test/vscode/rig/protocol.ts`.
 *
 * A webview is two nested frames: VS Code's own (`iframe.webview.ready`) and inside it the extension's (`#active-frame`).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from './rig-error.mjs';

/** How long an action waits for its target. */
const ACTION_TIMEOUT_MS = 15_000;

/** Parts of Microsoft's builds that the served VS Code looks for and does without. */
const KNOWN_ABSENCES = /vsda|serviceWorker|Service Worker|favicon|fetching the script|\/update\/check/;

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('playwright-core').Locator} Locator
 * @typedef {import('playwright-core').FrameLocator} FrameLocator
 * @typedef {import('../../test/vscode/rig/protocol.ts').Place} Place
 * @typedef {import('../../test/vscode/rig/protocol.ts').Target} Target
 * @typedef {import('../../test/vscode/rig/protocol.ts').Point} Point
 * @typedef {import('../../test/vscode/rig/protocol.ts').Box} Box
 * @typedef {import('../../test/vscode/rig/protocol.ts').ClickOptions} ClickOptions
 * @typedef {import('../../test/vscode/rig/protocol.ts').WheelOptions} WheelOptions
 * @typedef {import('../../test/vscode/rig/protocol.ts').PageProblem} PageProblem
 */

export class WorkbenchDriver {
  /** @type {string[]} paths of the screenshots taken so far */
  screenshots = [];

  /** @type {PageProblem[]} */
  #problems = [];

  /**
   * @param {Page} page a page that shows, or will show, a workbench
   * @param {{ screenshotsDir: string }} options
   */
  constructor(page, { screenshotsDir }) {
    this.page = page;
    this.screenshotsDir = screenshotsDir;
    page.setDefaultTimeout(ACTION_TIMEOUT_MS);
    page.on('console', (message) => {
      if (message.type() === 'error') this.#note(message.text(), message.location().url);
    });
    page.on('pageerror', (error) => this.#note(error.stack ?? error.message, ''));
  }

  /** @returns {PageProblem[]} console errors so far */
  problems() {
    return [...this.#problems];
  }

  /** Waits until the workbench is drawn; extensions may still be starting. */
  async ready() {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60_000 });
  }

  /**
   * Saves a PNG of the target, of the place, or of the whole window.
   *
   * @param {string} name file name without extension
   * @param {Place} [place]
   * @param {Target} [target]
   * @returns {Promise<string>} its path
   */
  async screenshot(name, place, target) {
    mkdirSync(this.screenshotsDir, { recursive: true });
    const path = join(this.screenshotsDir, `${name.replaceAll(/[^\w.-]+/g, '-')}.png`);
    if (target) await (await this.#locate(place ?? { in: 'workbench' }, target)).screenshot({ path });
    else if (place?.in === 'webview') await (await this.#root(place)).locator('body').screenshot({ path });
    else await this.page.screenshot({ path });
    if (!this.screenshots.includes(path)) this.screenshots.push(path);
    return path;
  }

  /** @param {string} key key or chord, such as `Control+Shift+P` */
  async press(key) {
    await this.page.keyboard.press(key);
  }

  /** @param {string} text */
  async type(text) {
    await this.page.keyboard.type(text);
  }

  /**
   * Runs a command through the command palette; a title the palette does not offer is an error.
   *
   * @param {string} title
   */
  async runCommand(title) {
    const palette = this.page.locator('.quick-input-widget');
    await this.page.keyboard.press('F1');
    const input = palette.locator('input').first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const label = this.page.locator('.label-name').filter({ hasText: new RegExp(`^${escapeRegExp(title)}$`) });
    try {
      await palette.getByRole('option').filter({ has: label }).first().click({ timeout: 5_000 });
    } catch (cause) {
      await this.page.keyboard.press('Escape');
      throw new RigError(`The command palette offers no command "${title}"; check its title and its "when" clause.`, {
        cause,
      });
    }
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  async setViewport(width, height) {
    await this.page.setViewportSize({ width, height });
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @param {ClickOptions} [options]
   */
  async click(place, target, { position, button, clickCount, modifiers } = {}) {
    await (await this.#locate(place, target)).click({
      ...(position && { position }),
      ...(button && { button }),
      ...(clickCount && { clickCount }),
      ...(modifiers && { modifiers: [...modifiers] }),
    });
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @param {Point} [position]
   */
  async hover(place, target, position) {
    await (await this.#locate(place, target)).hover({ ...(position && { position }) });
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @param {Point} from
   * @param {Point} to
   */
  async drag(place, target, from, to) {
    const box = await this.#visibleBox(place, target);
    const { mouse } = this.page;
    await mouse.move(box.x + from.x, box.y + from.y);
    await mouse.down();
    await mouse.move(box.x + to.x, box.y + to.y, { steps: 8 });
    await mouse.up();
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @param {WheelOptions} options
   */
  async wheel(place, target, { position, deltaX = 0, deltaY = 0, modifiers = [] }) {
    const box = await this.#visibleBox(place, target);
    const at = position ?? { x: box.width / 2, y: box.height / 2 };
    await this.page.mouse.move(box.x + at.x, box.y + at.y);
    for (const key of modifiers) await this.page.keyboard.down(key);
    try {
      await this.page.mouse.wheel(deltaX, deltaY);
    } finally {
      for (const key of modifiers) await this.page.keyboard.up(key);
    }
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @param {{ state?: 'visible' | 'hidden', timeoutMs?: number }} [options]
   */
  async waitFor(place, target, { state = 'visible', timeoutMs = ACTION_TIMEOUT_MS } = {}) {
    if (state === 'hidden' && place.in === 'webview' && (await this.#webviewIndex(place.having)) === undefined) return;
    const root = await this.#root(place, timeoutMs);
    const locator = find(root, target).filter({ visible: true });
    await locator.nth(target.nth ?? 0).waitFor({ state, timeout: timeoutMs });
  }

  /**
   * @param {Place} place
   * @param {Target} [target]
   * @returns {Promise<string>} visible text
   */
  async text(place, target) {
    const locator = target ? await this.#locate(place, target) : (await this.#root(place)).locator('body');
    return await locator.innerText();
  }

  /**
   * @param {Place} place
   * @param {Target} target
   */
  async count(place, target) {
    if (place.in === 'webview' && (await this.#webviewIndex(place.having)) === undefined) return 0;
    return await find(await this.#root(place), target).count();
  }

  /**
   * @param {Place} place
   * @param {Target} target
   * @returns {Promise<Box | null>}
   */
  async box(place, target) {
    return await (await this.#locate(place, target)).boundingBox();
  }

  /**
   * @param {Place} place
   * @param {string} expression
   * @returns {Promise<unknown>}
   */
  async evaluate(place, expression) {
    if (place.in === 'workbench') return await this.page.evaluate(expression);
    const body = await (await this.#root(place)).locator('body').elementHandle();
    const frame = await body?.ownerFrame();
    if (!frame) throw new RigError('The webview went away while it was being asked; wait until it stays.');
    return await frame.evaluate(expression);
  }

  /**
   * @param {string} text
   * @param {string} url
   */
  #note(text, url) {
    if (KNOWN_ABSENCES.test(`${url} ${text}`)) return;
    const message = text.replace(/^%c\s*ERR color: #\w+ /, '');
    const webview = /\/contrib\/webview\/|vscode-resource|vscode-webview/.test(`${url} ${text}`);
    this.#problems.push({
      from: webview ? 'webview' : 'workbench',
      text: `${message}${url ? ` [${url}]` : ''}`.slice(0, 2_000),
    });
  }

  /**
   * @param {Place} place
   * @param {Target} target
   */
  async #locate(place, target) {
    return find(await this.#root(place), target)
      .filter({ visible: true })
      .nth(target.nth ?? 0);
  }

  /**
   * @param {Place} place
   * @param {Target} target
   */
  async #visibleBox(place, target) {
    const locator = await this.#locate(place, target);
    await locator.waitFor();
    const box = await locator.boundingBox();
    if (!box) throw new RigError('The target has no size, so the mouse cannot point at it; wait until it is drawn.');
    return box;
  }

  /**
   * @param {Place} place
   * @param {number} [timeoutMs]
   * @returns {Promise<Page | FrameLocator>}
   */
  async #root(place, timeoutMs = ACTION_TIMEOUT_MS) {
    if (place.in === 'workbench') return this.page;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const index = await this.#webviewIndex(place.having);
      if (index !== undefined) return this.#webview(index);
      if (Date.now() > deadline) {
        const what = place.having ? `No visible webview contains "${place.having}"` : 'No webview is visible';
        throw new RigError(`${what} after ${timeoutMs} ms; open it first, or correct the selector.`);
      }
      await delay(50);
    }
  }

  /** @param {string | undefined} having */
  async #webviewIndex(having) {
    const frames = this.page.locator('iframe.webview.ready');
    const count = await frames.count();
    for (let index = 0; index < count; index++) {
      if (!(await frames.nth(index).isVisible())) continue;
      const marks = this.#webview(index).locator(having ?? 'body');
      if ((await marks.count()) > 0) return index;
    }
    return undefined;
  }

  /** @param {number} index */
  #webview(index) {
    return this.page.frameLocator('iframe.webview.ready').nth(index).frameLocator('#active-frame');
  }
}

/**
 * @param {Page | FrameLocator} root
 * @param {Target} target
 * @returns {Locator}
 */
function find(root, target) {
  if ('selector' in target) return root.locator(target.selector);
  const exact = target.exact ?? false;
  if ('text' in target) return root.getByText(target.text, { exact });
  if ('label' in target) return root.getByLabel(target.label, { exact });
  const role = /** @type {Parameters<Page['getByRole']>[0]} */ (target.role);
  return root.getByRole(role, target.name === undefined ? {} : { name: target.name, exact });
}

/** @param {string} text */
function escapeRegExp(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
