import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { textOf } from '../error/error.ts';
import { inspectorDidNotOpen, noSuchProcess, notNode, notPermitted } from '../error/target-errors.ts';
import { inspectorAt } from './discovery.ts';
import { evaluateValue, Inspector } from './inspector.ts';
import { describeProcess, inspectorOf } from './process-list.ts';

export interface OpenedInspector {
  readonly url: string;
  /** Whether we opened it, and so close it when we leave. */
  readonly opened: boolean;
}

const DEFAULT_PORT = 9229;
const WAIT_MS = 5000;
const PORT_MS = 1500;
const AGAIN_MS = 400;
const SIGUSR1_MASK = 1n << 9n;

/**
 * The inspector of process `pid`, opened when it is closed (`SIGUSR1` on POSIX, `process._debugProcess`). Node opens it on
 * one fixed port; so that several processes can be attached at once, it is moved right away to the first of the ports that
 * `free` names that it gets.
 * Throws `target.no-process`, `target.not-node`, `target.not-permitted`, `target.inspector-closed`.
 */
export async function openInspector(pid: number, free: () => Promise<number[]> = freePorts): Promise<OpenedInspector> {
  await requireNode(pid);
  const present = await inspectorOf(pid);
  if (present !== null) return { url: present.url, opened: false };
  const port = await debugPort(pid);
  await waitForPort(pid, port);
  signal(pid);
  const url = await waitForInspector(pid, port);
  return { url: await moveToFreePort(pid, url, await free()), opened: true };
}

function signal(pid: number): void {
  try {
    (process as unknown as { _debugProcess(pid: number): void })._debugProcess(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw notPermitted(pid);
    throw noSuchProcess(pid);
  }
}

/** Another NodeScope holds the port only for the moment it takes to move its process's inspector away: wait for that. */
async function waitForPort(pid: number, port: number): Promise<void> {
  const deadline = Date.now() + PORT_MS;
  for (;;) {
    const holder = await holderOf(port);
    if (holder === null) return;
    if (Date.now() > deadline) throw inspectorDidNotOpen(pid, port, holder);
    await delay(50);
  }
}

/** A signal kills a process that does not catch it, so this is settled before one is sent. */
async function requireNode(pid: number): Promise<void> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EPERM' ? notPermitted(pid) : noSuchProcess(pid);
  }
  if (process.platform === 'linux') {
    const [status, name] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown'),
    ]);
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    if ((await describeProcess(pid)) === null) throw notNode(pid, name.trim());
    // A Node process so young that its handler is not there yet would die of the signal: wait for it.
    if ((caught & SIGUSR1_MASK) === 0n) await waitForHandler(pid, name.trim());
    return;
  }
  if ((await describeProcess(pid)) === null) throw notNode(pid, 'not node by its command');
}

async function waitForHandler(pid: number, name: string): Promise<void> {
  const deadline = Date.now() + 2000;
  while (Date.now() < deadline) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    if ((caught & SIGUSR1_MASK) !== 0n) return;
    await delay(50);
  }
  throw notNode(pid, `${name}, which does not handle SIGUSR1`);
}

/** The port a signal makes the process open: its --inspect-port, else 9229. */
async function debugPort(pid: number): Promise<number> {
  if (process.platform !== 'linux') return DEFAULT_PORT;
  const files = await Promise.all(
    ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  const options = `${files[0]}\0${/(?:^|\0)NODE_OPTIONS=([^\0]*)/.exec(files[1] ?? '')?.[1] ?? ''}`;
  const match = /--(?:inspect-port|debug-port)[=\0 ](?:[\w.]+:)?(\d+)/.exec(options);
  return match === null ? DEFAULT_PORT : Number(match[1]);
}

/** Who listens on `port`, in words; null when it is free. */
async function holderOf(port: number): Promise<string | null> {
  const found = await inspectorAt('127.0.0.1', port, 500);
  if (found.kind === 'nothing') return null;
  if (found.kind === 'other') return 'another program';
  try {
    const inspector = await Inspector.connect(found.url);
    const pid = await evaluateValue<number>(inspector, 'process.pid').finally(() => inspector.close());
    return `the Node process ${pid}`;
  } catch (error) {
    return `a Node process that does not answer (${textOf(error)})`;
  }
}

async function waitForInspector(pid: number, port: number): Promise<string> {
  const deadline = Date.now() + WAIT_MS;
  let signalled = Date.now();
  for (;;) {
    const found = (await inspectorOf(pid)) ?? (process.platform === 'linux' ? null : await atPort(pid, port));
    if (found !== null) return found.url;
    if (Date.now() > deadline) throw inspectorDidNotOpen(pid, port, await holderOf(port));
    // Somebody else's process took the port in the same moment: once it is free again, ask again.
    if (Date.now() - signalled > AGAIN_MS && (await holderOf(port)) === null) {
      signal(pid);
      signalled = Date.now();
    }
    await delay(15);
  }
}

/** Where a process's ports cannot be listed, the default port is asked, and the process behind it for its pid. */
async function atPort(pid: number, port: number): Promise<{ url: string } | null> {
  const found = await inspectorAt('127.0.0.1', port, 300);
  if (found.kind !== 'inspector') return null;
  const inspector = await Inspector.connect(found.url);
  try {
    return (await evaluateValue<number>(inspector, 'process.pid')) === pid ? { url: found.url } : null;
  } finally {
    await inspector.close();
  }
}

/**
 * Closes and reopens the inspector on a free port, from inside the process once our connection is gone. Ports that are free now
 * can be taken a moment later: the process tries several, and whoever answers has to be that process.
 */
async function moveToFreePort(pid: number, url: string, ports: readonly number[]): Promise<string> {
  const inspector = await Inspector.connect(url);
  try {
    await evaluateValue(
      inspector,
      `void (() => {
        const load = process.getBuiltinModule ?? require;
        const inspector = load('node:inspector');
        load('node:timers').setTimeout(() => {
          // Whatever goes wrong here must not become the application's uncaught exception; the host sees the ports stay shut.
          try {
            inspector.close();
            for (const port of ${JSON.stringify(ports)}) {
              try { inspector.open(port, '127.0.0.1'); } catch {}
              if (inspector.url() !== undefined) break;
            }
          } catch {}
        }, 20);
      })()`,
      true,
    );
  } finally {
    await inspector.close();
  }
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    for (const port of ports) {
      const found = await atPort(pid, port).catch(() => null);
      if (found !== null) return found.url;
    }
    if (Date.now() > deadline) {
      const port = ports[0] as number;
      throw inspectorDidNotOpen(pid, port, await holderOf(port));
    }
    await delay(10);
  }
}

/** Ports that were free just now, all different. */
export async function freePorts(): Promise<number[]> {
  const servers = await Promise.all([listening(), listening(), listening()]);
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
