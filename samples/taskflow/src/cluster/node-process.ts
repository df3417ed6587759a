import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface NodeProcess {
  name: string;
  url: string;
  pid: number;
  /** Settles when it has ended, asked or not. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a TaskFlow as a child process that ends with this one; its output is passed on with its name before every
 * line. Rejects when it ends before it listens.
 */
export async function startNode(name: string, env: NodeJS.ProcessEnv): Promise<NodeProcess> {
  // Without the parent's own flags: some, such as an inspector's port, cannot be given to two processes.
  const child = fork(new URL('../main.js', import.meta.url), [], {
    execArgv: [],
    env: { ...process.env, ...env, TASKFLOW_NODE: name },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const listening = passOn(name, child);
  const url = await Promise.race([listening, exited]);
  if (url === undefined || child.pid === undefined) {
    throw new Error(`Node ${name} ended before it was ready; see its message above.`);
  }
  return {
    name,
    url,
    pid: child.pid,
    exited,
    stop: async () => {
      // A signal from the terminal has reached it already; a second one would cut requests off.
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Resolves to the address when the node says that it listens. */
function passOn(name: string, child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      if (!from) continue;
      createInterface({ input: from }).on('line', (line) => {
        to.write(`[${name}] ${line}\n`);
        const url = /^TaskFlow listening on (http:\S+)/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
  });
}
