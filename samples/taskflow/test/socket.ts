import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './support.js';

interface Row {
  id: number | string;
}

type Message =
  | { type: 'render'; view: string; assigns: Record<string, unknown> }
  | { type: 'patch'; patches: ({ op: 'put'; list: string; row: Row } | { op: string; list: string; id: Row['id'] })[] }
  | { type: 'gone'; message: string };

/** A page's end of a live connection: keeps what it was sent. */
export class TestSocket {
  readonly messages: Message[] = [];
  /** The code that the server closed it with, once it has. */
  closedWith: number | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('close', (code) => {
      this.closedWith = code;
    });
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data)) as Message));
  }

  /** Resolves once the server has sent the page; rejects with the HTTP status when it refuses. */
  static async open(url: string, path: string, headers: Record<string, string>): Promise<TestSocket> {
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
    const page = new TestSocket(socket);
    await new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        reject(new Error(`refused with ${response.statusCode}`));
        socket.terminate();
      });
    });
    await until('the page is sent', () => page.messages.length > 0);
    return page;
  }

  /** What the first message showed. */
  get assigns(): Record<string, unknown> {
    const [first] = this.messages;
    if (first?.type !== 'render') throw new Error(`The first message is ${first?.type}.`);
    return first.assigns;
  }

  /** Rows of one list that were put, in the order they came. */
  put<R extends Row>(list: string): R[] {
    return this.patches().flatMap((patch) => ('row' in patch && patch.list === list ? [patch.row as R] : []));
  }

  /** Ids of rows of one list that were removed. */
  removed(list: string): Row['id'][] {
    return this.patches().flatMap((patch) => ('id' in patch && patch.list === list ? [patch.id] : []));
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private patches(): Extract<Message, { type: 'patch' }>['patches'] {
    return this.messages.flatMap((message) => (message.type === 'patch' ? message.patches : []));
  }
}
