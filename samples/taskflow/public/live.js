import { toLogin } from './api.js';

const SLOWEST_RETRY_MS = 10_000;

/**
 * Keeps a copy of what the server's model of this page holds, and calls `show(assigns)` after every change. Connects
 * again, and starts anew, when the connection breaks.
 */
export function live(path, { show, gone }) {
  const status = document.getElementById('live-status');
  let assigns;
  let retryMs = 500;
  let frame = 0;
  let ended = false;

  const draw = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => show(assigns));
  };

  const connect = () => {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`);
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'render') {
        assigns = message.assigns;
        retryMs = 500;
        tell(status, 'on', `Live · ${assigns.node}`);
      } else if (message.type === 'patch' && assigns) for (const patch of message.patches) apply(assigns, patch);
      else if (message.type === 'gone') {
        ended = true;
        socket.close();
        gone?.(message.message);
        return;
      }
      draw();
    });
    socket.addEventListener('close', async () => {
      if (ended) return;
      tell(status, 'off', 'Connecting again …');
      const again = setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, SLOWEST_RETRY_MS);
      // A WebSocket does not say why it was refused; the page itself does.
      const page = await fetch(location.pathname, { redirect: 'manual' }).catch(() => undefined);
      if (page?.type === 'opaqueredirect') toLogin();
      if (page?.status !== 404) return;
      clearTimeout(again);
      ended = true;
      tell(status, 'off', 'Not connected');
      gone?.('This does not exist any more.');
    });
  };
  connect();
}

function tell(status, state, text) {
  status.className = `live-status ${state}`;
  status.textContent = text;
}

function apply(assigns, patch) {
  if (patch.op === 'set') {
    assigns[patch.key] = patch.value;
    return;
  }
  const rows = assigns[patch.list];
  const id = patch.op === 'put' ? patch.row.id : patch.id;
  const at = rows.findIndex((row) => row.id === id);
  if (patch.op === 'remove') {
    if (at >= 0) rows.splice(at, 1);
  } else if (at >= 0) rows[at] = patch.row;
  else rows.push(patch.row);
}
