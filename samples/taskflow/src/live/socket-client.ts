import type { WebSocket } from 'ws';
import type { LiveClient } from './live-view.js';
import type { LiveMessage } from './patch.js';

const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

/** Sends to one browser. One that does not read what it is sent is dropped; its page connects again and starts anew. */
export class SocketClient implements LiveClient {
  constructor(private readonly socket: WebSocket) {}

  send(message: LiveMessage): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_UNSENT_BYTES) this.socket.terminate();
    else this.socket.send(JSON.stringify(message));
  }
}
