import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { Playhead } from '../../src/adapter/playhead.ts';
import { CinemaHost } from '../../src/extension/cinema/host.ts';
import { OpenRecording } from '../../src/extension/recording/open-recording.ts';
import type { Recording } from '../../src/tracer/store/recording.ts';
import { cinemaHtml } from '../../webview/html.ts';
import type { HostMessage, ViewMessage } from '../../webview/messages.ts';
import { parseViewMessage } from '../../webview/model/parse-view.ts';
import { launchChromium } from './chromium.ts';
import { FakeTrace } from './fake-trace.ts';
import { until } from './until.ts';
import { darkModern, type VsCodeTheme } from './vscode-theme.ts';

const IN_PAGE = fileURLToPath(new URL('./in-page.js', import.meta.url));
const NONCE = 'n0nceForTheTest';

/** The bundle, served from a page of the same make and with the same policy as the extension's, and a browser to open it in. */
export class Stage {
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(server: Server, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
  }

  static async open(): Promise<Stage> {
    const files = await bundle();
    const server = createServer((request, response) => {
      const origin = `http://${request.headers.host}`;
      const file = files.get(request.url ?? '');
      if (file !== undefined) {
        response.writeHead(200, { 'content-type': file.type }).end(file.text);
      } else if (request.url === '/') {
        const page = {
          scriptUri: `${origin}/cinema.js`,
          styleUri: `${origin}/cinema.css`,
          cspSource: origin,
          nonce: NONCE,
        };
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(cinemaHtml(page));
      } else {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchChromium();
    return new Stage(server, browser);
  }

  /** A fresh page that shows `recording`. */
  async show(recording: Recording, options: Partial<Showing> = {}): Promise<Show> {
    const showing: Showing = { live: false, theme: darkModern, width: 900, height: 1_000, calm: true, ...options };
    const context = await this.#browser.newContext({
      viewport: { width: showing.width, height: showing.height },
      reducedMotion: showing.calm ? 'reduce' : 'no-preference',
      deviceScaleFactor: showing.scale ?? 1,
    });
    return Show.open(context, this.#url(), recording, showing);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }
}

interface Showing {
  readonly live: boolean;
  readonly theme: VsCodeTheme;
  readonly width: number;
  readonly height: number;
  /** prefers-reduced-motion */
  readonly calm: boolean;
  readonly scale?: number;
}

/** One open cinema with the extension's own host behind it. */
export class Show {
  readonly page: Page;
  readonly host: CinemaHost;
  readonly trace: FakeTrace;
  /** What the view has sent. */
  readonly received: ViewMessage[] = [];
  /** Everything that went wrong in the page: exceptions, console errors, violations of the policy. */
  readonly problems: string[] = [];
  /** Lines that the host would have opened. */
  readonly opened: number[] = [];
  readonly #context: BrowserContext;
  #sending: Promise<unknown> = Promise.resolve();

  private constructor(context: BrowserContext, page: Page, recording: Recording, live: boolean) {
    this.#context = context;
    this.page = page;
    this.trace = new FakeTrace(recording);
    const shown = live
      ? OpenRecording.live(this.trace, new Playhead(recording, true))
      : OpenRecording.stored(recording);
    this.host = new CinemaHost(shown, {
      post: (message) => this.#send(message),
      selected: () => undefined,
      open: (location) => this.opened.push(location.line),
      openFinding: () => undefined,
      stop: () => shown.ended(),
    });
  }

  static async open(context: BrowserContext, url: string, recording: Recording, showing: Showing): Promise<Show> {
    const page = await context.newPage();
    const show = new Show(context, page, recording, showing.live);
    page.on('pageerror', (error) => show.problems.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') show.problems.push(`console: ${message.text()}`);
    });
    await page.exposeFunction('toHost', (message: unknown) => show.#receive(message));
    await page.exposeFunction('violated', (what: string) => show.problems.push(`policy: ${what}`));
    await page.addInitScript({ content: `globalThis.firstTheme = ${JSON.stringify(showing.theme)};` });
    await page.addInitScript({ path: IN_PAGE });
    await page.goto(url);
    return show;
  }

  async setTheme(theme: VsCodeTheme): Promise<void> {
    await this.page.evaluate(`setTheme(${JSON.stringify(theme)})`);
  }

  /** Messages of one kind that the view has sent so far. */
  sent<K extends ViewMessage['kind']>(kind: K): Extract<ViewMessage, { kind: K }>[] {
    return this.received.filter((message): message is Extract<ViewMessage, { kind: K }> => message.kind === kind);
  }

  /** Waits until what the host has posted so far has arrived. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  #receive(data: unknown): void {
    const message = parseViewMessage(data);
    if (message === null) this.problems.push(`no message: ${JSON.stringify(data)}`);
    else this.received.push(message);
    this.host.receive(data);
  }

  async close(): Promise<void> {
    this.host.dispose();
    await this.#context.close();
  }

  /** In order, typed arrays kept as such: VS Code copies them to a webview too. */
  #send(message: HostMessage): void {
    const packed = JSON.stringify(message, (_, value) =>
      ArrayBuffer.isView(value)
        ? {
            $column: value.constructor.name,
            bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
          }
        : value,
    );
    this.#sending = this.#sending
      .then(() =>
        this.page.evaluate(
          (text) => (globalThis as unknown as { fromHost(text: string): void }).fromHost(text),
          packed,
        ),
      )
      // A page that was closed or reloaded meanwhile has no use for it.
      .catch(() => undefined);
  }
}

async function bundle(): Promise<Map<string, { type: string; text: string }>> {
  const result = await build({
    entryPoints: { cinema: 'webview/main.ts', style: 'webview/cinema.css' },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    outdir: 'out',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const text = (end: string): string => result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? '';
  return new Map([
    ['/cinema.js', { type: 'text/javascript', text: text('cinema.js') }],
    ['/cinema.css', { type: 'text/css', text: text('style.css') }],
  ]);
}

/** The text of an element as a user sees it: hidden parts left out, upper case as styled. */
export function seen(element: Locator): Promise<string> {
  return element.innerText();
}

/** Waits until what the one `element` shows matches `pattern`, and fails with what it shows instead: the page draws after the host has answered. */
export async function reads(element: Locator, pattern: RegExp): Promise<void> {
  let shown = '';
  await until(`text like ${pattern}`, async () => {
    shown = (await element.count()) === 0 ? '' : await seen(element);
    return pattern.test(shown);
  }).catch((error: unknown) => {
    assert.match(shown, pattern);
    throw error;
  });
}
