import { badWebSocketUrl, connectionFailed, notAnInspector, portDead } from '../error/target-errors.ts';
import { inspectorAt } from './discovery.ts';
import { evaluateValue, Inspector } from './inspector.ts';
import { openInspector } from './open-inspector.ts';

/** Which process to attach to. */
export type TargetSpec =
  | { readonly pid: number }
  | { readonly port: number; readonly host?: string }
  | { readonly ws: string };

/** What a target says of itself, and its clock. */
export interface TargetDescription {
  readonly pid: number;
  readonly title: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly nodeVersion: string;
  /** Wall clock minus `performance.now()`, milliseconds. */
  readonly epochMs: number;
}

export interface ConnectedTarget {
  readonly inspector: Inspector;
  readonly description: TargetDescription;
  readonly opened: boolean;
}

const DESCRIBE = `(() => {
  const p = globalThis.process;
  if (typeof p !== 'object' || !p.versions?.node) return null;
  return { pid: p.pid, title: p.title === p.argv0 || /(^|[\\\\/])node(\\.exe)?$/.test(p.title) ? (p.argv[1]?.split(/[\\\\/]/).pop() ?? p.title) : p.title, argv: p.argv, cwd: p.cwd(), nodeVersion: p.version, epochMs: Date.now() - performance.now() };
})()`;

/** Connects to the target that `spec` names, opening its inspector when it is closed. Throws `target.*`. */
export async function connectTarget(spec: TargetSpec): Promise<ConnectedTarget> {
  const { url, opened } = await addressOf(spec);
  const inspector = await Inspector.connect(url);
  try {
    const description = await evaluateValue<TargetDescription | null>(inspector, DESCRIBE);
    if (description === null) throw notAnInspector(url, 'no Node.js behind it');
    if ('pid' in spec && description.pid !== spec.pid)
      throw connectionFailed(url, `it belongs to process ${description.pid}, not ${spec.pid}`);
    return { inspector, description, opened };
  } catch (error) {
    await inspector.close();
    throw error;
  }
}

async function addressOf(spec: TargetSpec): Promise<{ url: string; opened: boolean }> {
  if ('pid' in spec) return openInspector(spec.pid);
  if ('ws' in spec) {
    if (!/^wss?:\/\/[^\s]+$/.test(spec.ws)) throw badWebSocketUrl(spec.ws);
    return { url: spec.ws, opened: false };
  }
  const host = spec.host ?? '127.0.0.1';
  const found = await inspectorAt(host, spec.port, 3000);
  if (found.kind === 'nothing') throw portDead(host, spec.port);
  if (found.kind === 'other') throw notAnInspector(`${host}:${spec.port}`, found.why);
  return { url: found.url, opened: false };
}
