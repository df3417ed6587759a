import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

export interface Reply {
  status: number;
  body: unknown;
}

const START_LIMIT_MS = 60_000;
const POLL_MS = 25;

/** A TaskFlow in a process of its own, used as its users do, by somebody who is logged in as user 1. */
export class Application {
  private token: string | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly output: { text: string },
  ) {}

  /** Starts it on a free port and a small database of its own. Rejects when it does not come up. */
  static async start(faults: string): Promise<Application> {
    const { DATABASE_URL: _database, REDIS_URL: _redis, NOTIFY_URL: _notify, ...inherited } = process.env;
    const env = { ...inherited, PORT: '0', TASKFLOW_SEED: '5,3,60', TASKFLOW_FAULTS: faults, LOG_LEVEL: 'warn' };
    const child = spawn(process.execPath, [fileURLToPath(new URL('../main.js', import.meta.url))], { env });
    const output = { text: '' };
    const keep = (chunk: Buffer): void => {
      output.text += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const application = new Application(child, output);
    try {
      await until('TaskFlow listens', () => application.url !== undefined || child.exitCode !== null, START_LIMIT_MS);
      if (application.url === undefined) throw new Error(`TaskFlow did not start: ${output.text.trim()}`);
      const { status, body } = await application.post('/login', { login: 'user1', password: 'taskflow' });
      if (status !== 200) throw new Error(`The login of user1 was answered ${status}: ${at(body, 'message')}`);
      application.token = String(at(body, 'token'));
      return application;
    } catch (error) {
      await application.stop();
      throw error;
    }
  }

  /** What it has written to its log so far. */
  get log(): string {
    return this.output.text;
  }

  private get url(): string | undefined {
    return /listening on (http:\S+)/.exec(this.output.text)?.[1];
  }

  get(path: string): Promise<Reply> {
    return this.request('GET', path);
  }

  post(path: string, body?: object): Promise<Reply> {
    return this.request('POST', path, body);
  }

  /** What `GET /stats` says under these keys. */
  async stat(...keys: string[]): Promise<unknown> {
    return at((await this.get('/stats')).body, ...keys);
  }

  /** Sends a request to the mock service that takes the application's notifications. */
  async mock(path: string, body?: object): Promise<unknown> {
    await until('the mock service runs', async () => typeof (await this.stat('notifications', 'url')) === 'string');
    const url = String(await this.stat('notifications', 'url'));
    const init = body && { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(url + path, init ?? {})).json();
  }

  /** Opens a live page, and resolves once it is shown, to the function that closes it. */
  watch(path: string): Promise<() => void> {
    const socket = new WebSocket(`${this.url?.replace('http', 'ws')}${path}`, { headers: this.headers() });
    return new Promise((resolve, reject) => {
      socket.once('message', () => resolve(() => socket.close()));
      socket.once('error', reject);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }

  private async request(method: string, path: string, body?: object): Promise<Reply> {
    const headers = { ...this.headers(), ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  private headers(): { authorization?: string } {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
  }
}

/** The value under these keys of a JSON object; undefined when there is none. */
export function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
}

/** Resolves once `condition` holds; rejects with `what` after `limitMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1_000} s in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
