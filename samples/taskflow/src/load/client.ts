import { Agent, request } from 'node:http';
import type { Results } from './results.js';

const MAX_CONNECTIONS = 1_024;
const ANSWER_LIMIT_MS = 30_000;

export interface Answer {
  /** Undefined when no answer came. */
  status: number | undefined;
  body: unknown;
}

/** Speaks JSON to one server over connections that are kept alive, and enters each request in the results. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

  constructor(
    private readonly base: URL,
    private readonly results: Results,
    /** The session's, from `POST /login`; undefined for somebody who is not logged in. */
    private readonly token?: string,
  ) {}

  /** Never rejects: a request without an answer has no status. `name` groups requests, e.g. `GET /projects/:id`. */
  async send(name: string, path: string, body?: object): Promise<Answer> {
    const begin = performance.now();
    const answer = await this.exchange(name.slice(0, name.indexOf(' ')), path, body);
    this.results.add(name, answer.status, performance.now() - begin);
    return answer;
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(method: string, path: string, body?: object): Promise<Answer> {
    return new Promise((resolve) => {
      const failed = (): void => resolve({ status: undefined, body: undefined });
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
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

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
