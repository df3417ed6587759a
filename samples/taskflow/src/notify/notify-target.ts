import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

interface RunningMock {
  url: string;
  child: ChildProcess;
  exited: Promise<undefined>;
}

/**
 * Where notifications are sent: the address given, or a mock service in a process of its own, which is started when
 * the address is first asked for, and again when it has died.
 */
export class NotifyTarget {
  private starting: Promise<RunningMock> | undefined;
  private running: RunningMock | undefined;

  constructor(private readonly givenUrl: string | undefined) {}

  /** Process id of the mock service; null while there is none. */
  get pid(): number | null {
    return this.running?.child.pid ?? null;
  }

  /** The address, once known; null before. */
  get knownUrl(): string | null {
    return this.givenUrl ?? this.running?.url ?? null;
  }

  /** Rejects when the mock service cannot be started. */
  async url(): Promise<string> {
    if (this.givenUrl !== undefined) return this.givenUrl;
    this.starting ??= this.start();
    return (await this.starting).url;
  }

  /** Ends the mock service, if it was started here. */
  async stop(): Promise<void> {
    const mock = await this.starting?.catch(() => undefined);
    if (!mock) return;
    mock.child.ref();
    if (mock.child.connected) mock.child.disconnect();
    await mock.exited;
  }

  private async start(): Promise<RunningMock> {
    const forget = (): void => {
      this.starting = undefined;
      this.running = undefined;
    };
    try {
      this.running = await startMock();
      void this.running.exited.then(forget);
      return this.running;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

async function startMock(): Promise<RunningMock> {
  // Without the parent's own flags: some, such as an inspector's port, cannot be given to two processes.
  const child = fork(new URL('../mock/main.js', import.meta.url), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<undefined>((resolve) => {
    child.once('exit', () => resolve(undefined));
    child.once('error', () => resolve(undefined));
  });
  const url = await Promise.race([readyUrl(child), exited]);
  if (url === undefined) {
    throw new Error('The mock service ended before it was ready; see its message above, or set NOTIFY_URL.');
  }
  // It must not keep the parent from ending: that closes the channel, which ends the mock service.
  child.unref();
  child.channel?.unref();
  return { url, child, exited };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return message.url;
}
