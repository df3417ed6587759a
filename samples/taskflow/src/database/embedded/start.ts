import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface EmbeddedDatabase {
  /** Connection URL for `pg`. */
  url: string;
  pid: number;
  /** Settles when the process has ended, asked or not. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL (PGlite) in a process of its own, so that running statements never holds up the event loop that
 * serves requests. Rejects when the process ends before it is ready.
 */
export async function startEmbeddedDatabase(): Promise<EmbeddedDatabase> {
  // Without the parent's own flags: some, such as an inspector's port, cannot be given to two processes.
  const child = fork(new URL('./server.js', import.meta.url), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(() => undefined);
  const port = await Promise.race([readyPort(child), exited]);
  if (port === undefined || child.pid === undefined) {
    throw new Error('The embedded database ended before it was ready; see its message above, or set DATABASE_URL.');
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: child.pid,
    exited,
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

async function readyPort(child: ChildProcess): Promise<number> {
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return message.port;
}
