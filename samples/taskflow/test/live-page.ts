import { WebSocket } from 'ws';
import { until } from './support.js';

/** A live page as a browser would hold it: everything the server has sent, as one text to look into. */
export class LivePage {
  private text = '';
  private readonly socket: WebSocket;

  constructor(url: string, path: string, token: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data) => {
      this.text += `${data}\n`;
    });
    this.socket.on('error', () => undefined);
  }

  /** The server has sent the whole page. */
  rendered(): Promise<void> {
    return until('the page is rendered', () => this.text.includes('"type":"render"'));
  }

  /** What arrived after the page was rendered. */
  get changes(): string {
    return this.text.slice(this.text.indexOf('\n') + 1);
  }

  close(): void {
    this.socket.terminate();
  }
}
