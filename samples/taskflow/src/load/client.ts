import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';
import type { Results } from './results.js';

const MAX_CONNECTIONS = 8_192;
const ANSWER_LIMIT_MS = 30_000;

export interface Answer {
  /** Undefined when no answer came. */
  status: number | undefined;
  body: unknown;
}

/** Somebody who sends requests, logged in or not. `name` groups requests, e.g. `GET /projects/:id`. */
export interface Caller {
  /** Never rejects: a request without an answer has no status. */
  send(name: string, path: string, body?: object): Promise<Answer>;
  /** Opens a live page, and resolves once it is shown, to the function that closes it; undefined when it is not. */
  watch(name: string, path: string): Promise<(() => void) | undefined>;
}

/** Speaks JSON to one server over connections that are kept alive, and enters each request in the results. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  private readonly sockets = new Set<WebSocket>();
  private underWay = 0;
  private most = 0;
  private updates = 0;

  constructor(
    private readonly base: URL,
    private readonly results: Results,
  ) {}

  /** The most requests that waited for their answers at one time. */
  get peak(): number {
    return this.most;
  }

  /** Changes that live pages were sent after they were shown. */
  get liveUpdates(): number {
    return this.updates;
  }

  /** Requests in the name of the session with this token, from `POST /login`. */
  as(token: string | undefined): Caller {
    return {
      send: (name, path, body) => this.send(name, path, body, token),
      watch: (name, path) => this.watch(name, path, token),
    };
  }

  /** As `Caller.send`. */
  async send(name: string, path: string, body?: object, token?: string): Promise<Answer> {
    const method = name.slice(0, name.indexOf(' '));
    return this.measured(name, () => this.exchange(method, path, body, token));
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
    this.agent.destroy();
  }

  private async watch(name: string, path: string, token: string | undefined): Promise<(() => void) | undefined> {
    const url = new URL(path, this.base);
    url.protocol = 'ws:';
    const socket = new WebSocket(url, { headers: authorization(token), handshakeTimeout: ANSWER_LIMIT_MS });
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    const { status } = await this.measured(name, () => this.shown(socket));
    if (status === SWITCHED) return () => socket.close();
    socket.terminate();
    return undefined;
  }

  private shown(socket: WebSocket): Promise<Answer> {
    return new Promise((resolve) => {
      let shown = false;
      socket.on('message', () => {
        if (shown) this.updates += 1;
        shown = true;
        resolve({ status: SWITCHED, body: undefined });
      });
      socket.on('unexpected-response', (_request, response) =>
        resolve({ status: response.statusCode, body: undefined }),
      );
      socket.on('error', () => resolve({ status: undefined, body: undefined }));
      socket.on('close', () => resolve({ status: undefined, body: undefined }));
    });
  }

  private async measured(name: string, work: () => Promise<Answer>): Promise<Answer> {
    const begin = performance.now();
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    const answer = await work();
    this.underWay -= 1;
    this.results.add(name, answer.status, performance.now() - begin);
    return answer;
  }

  private exchange(method: string, path: string, body?: object, token?: string): Promise<Answer> {
    return new Promise((resolve) => {
      const failed = (): void => resolve({ status: undefined, body: undefined });
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        ...authorization(token),
        ...(payload && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      };
      const outgoing = request(
        new URL(path, this.base),
        { agent: this.agent, method, timeout: ANSWER_LIMIT_MS, headers },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', failed);
          incoming.on('end', () => resolve({ status: incoming.statusCode, body: parse(Buffer.concat(chunks)) }));
        },
      );
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', failed);
      outgoing.end(payload);
    });
  }
}

const SWITCHED = 101;

function authorization(token: string | undefined): { authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
