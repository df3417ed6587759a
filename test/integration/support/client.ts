import { Agent, get } from 'node:http';
import type { App } from './app.ts';

/** A user of the application who asks one thing after the other and counts what failed. */
export class Client {
  private static readonly all = new Set<Client>();

  /** Ends those a failed test left going. */
  static stopAll(): Promise<unknown> {
    return Promise.all([...Client.all].map((client) => client.stop()));
  }

  answered = 0;
  failed = 0;
  private going = true;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly done: Promise<void>;

  /** `perCall` calls are made in the application for every request. */
  constructor(
    private readonly app: App,
    fns: readonly string[],
    private readonly perCall = 1,
  ) {
    Client.all.add(this);
    this.done = this.run(fns);
  }

  private async run(fns: readonly string[]): Promise<void> {
    for (let i = 0; this.going; i++) {
      if (await this.ask(`/call?fn=${fns[i % fns.length]}&n=${this.perCall}`)) this.answered++;
      else this.failed++;
    }
  }

  private ask(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const request = get(this.app.url + path, { agent: this.agent, timeout: 5000 }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200));
        response.on('error', () => resolve(false));
      });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', () => resolve(false));
    });
  }

  async stop(): Promise<void> {
    this.going = false;
    Client.all.delete(this);
    await this.done;
    this.agent.destroy();
  }
}
