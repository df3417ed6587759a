import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  asRecord,
  type Behaviour,
  behaviourInQuery,
  type Channel,
  channels,
  goodBehaviour,
  readBehaviour,
} from './behaviour.js';

export interface Delivery {
  channel: Channel;
  status: number | 'unanswered';
  receivedAt: string;
  body: unknown;
}

const MOST_KEPT = 1_000;
const MOST_BYTES = 1_000_000;

/**
 * Stands for the mail provider and for the receivers of webhooks: takes what is sent to `/email` and `/webhook`,
 * lists it at `/received`, and is as slow or as broken as `/behaviour` says.
 */
export class MockService {
  private readonly behaviours: Record<Channel, Behaviour> = {
    email: { ...goodBehaviour },
    webhook: { ...goodBehaviour },
  };
  private readonly deliveries: Delivery[] = [];
  private readonly counts = { email: 0, webhook: 0 };
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: Error) => answer(response, 400, { message: error.message }));
    });
  }

  /** Listens on the loopback interface; resolves to its address, with a port chosen by the system when `port` is 0. */
  listen(port = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
      });
    });
  }

  /** Ends every request, the hanging ones too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock');
    const body = request.method === 'POST' ? await readJson(request) : undefined;
    const channel = channels.find((name) => url.pathname === `/${name}`);
    if (channel && body !== undefined) await this.receive(channel, url.searchParams, body, response);
    else if (url.pathname === '/behaviour' && body !== undefined) this.behave(body, response);
    else if (url.pathname === '/received') answer(response, 200, { counts: this.counts, deliveries: this.deliveries });
    else answer(response, 404, { message: 'Use POST /email, POST /webhook, POST /behaviour or GET /received.' });
  }

  private behave(body: unknown, response: ServerResponse): void {
    const wishes = Object.entries(asRecord(body));
    for (const [name, wish] of wishes) {
      const channel = channels.find((one) => one === name);
      if (!channel) throw new Error(`There is no channel "${name}"; use ${channels.join(' or ')}.`);
      this.behaviours[channel] = readBehaviour(wish, this.behaviours[channel]);
    }
    answer(response, 200, this.behaviours);
  }

  private async receive(
    channel: Channel,
    query: URLSearchParams,
    body: unknown,
    response: ServerResponse,
  ): Promise<void> {
    const { delayMs, failTimes, hang } = behaviourInQuery(query, this.behaviours[channel]);
    if (this.behaviours[channel].failTimes > 0) this.behaviours[channel].failTimes -= 1;
    const status = hang ? 'unanswered' : failTimes > 0 ? 503 : 202;
    this.counts[channel] += 1;
    this.deliveries.push({ channel, status, receivedAt: new Date().toISOString(), body });
    if (this.deliveries.length > MOST_KEPT) this.deliveries.shift();
    if (status === 'unanswered') return;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    answer(response, status, { message: status === 202 ? 'Accepted.' : 'Failing, as asked to.' });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`Send at most ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString() || 'null');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
