import type { ViewMessage } from './messages.ts';
import { Controller } from './model/controller.ts';
import { toSaved } from './model/saved.ts';
import { registerControls } from './ui/toolkit.ts';
import { Page } from './view/page.ts';

interface VsCodeApi {
  postMessage(message: ViewMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const DEFAULT_SPLIT = 52;
/** Milliseconds after the last change until it is kept. */
const SAVE_AFTER = 250;

/** Wires the controller, the page and VS Code together; runs once per load of the webview. */
function start(root: HTMLElement): void {
  const vscode = acquireVsCodeApi();
  const kept = vscode.getState() as { readonly cinema?: unknown; readonly split?: unknown } | null | undefined;
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
  let split = typeof kept?.split === 'number' ? kept.split : DEFAULT_SPLIT;
  let wanted = false;
  let dirty = true;
  let saving: number | undefined;

  const frame = (): void => {
    wanted = false;
    const goOn = cinema.frame(page.widths(), !calm.matches);
    if (dirty || cinema.state.mode === 'live') page.render(cinema.state);
    dirty = false;
    saving ??= window.setTimeout(save, SAVE_AFTER);
    if (goOn) schedule();
  };
  const schedule = (): void => {
    if (wanted) return;
    wanted = true;
    requestAnimationFrame(frame);
  };
  const save = (): void => {
    window.clearTimeout(saving);
    saving = undefined;
    // Before the host has answered there is nothing to keep, and something to lose.
    if (cinema.state.connected) vscode.setState({ cinema: toSaved(cinema.state), split });
  };

  const cinema = new Controller(
    {
      post: (message) => vscode.postMessage(message),
      changed: () => {
        dirty = true;
        schedule();
      },
      now: () => performance.now(),
    },
    kept?.cinema ?? null,
  );
  registerControls();
  const page = new Page(root, cinema, split, (share) => {
    split = share;
    schedule();
  });
  window.addEventListener('message', (event) => cinema.receive(event.data));
  document.addEventListener('visibilitychange', save);
  vscode.postMessage({ kind: 'ready' });
  cinema.redraw();
}

const root = document.getElementById('cinema');
if (root !== null) start(root);
