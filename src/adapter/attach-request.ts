import { isAbsolute, resolve } from 'node:path';
import { DEFAULT_QUESTION, type Strategy } from '../tracer/plan/plan.ts';
import { attributeInvalid, targetAmbiguous, targetMissing } from './adapter-errors.ts';

export type AttachTarget =
  | { readonly pid: number }
  | { readonly port: number; readonly host?: string }
  | { readonly ws: string };

/** A debug configuration with `request: "attach"`, checked. */
export interface AttachRequest {
  readonly target: AttachTarget;
  /** Folder whose sources are meant, and whose `.nodescope` gets the recording; null when no folder is open. */
  readonly workspace: string | null;
  /** Absolute path of a plan file. */
  readonly plan: string | null;
  readonly question: string;
  readonly strategy: Strategy;
  /** Milliseconds. */
  readonly timeout: number;
}

export const DEFAULT_TIMEOUT_MS = 10_000;

const STRATEGIES: readonly Strategy[] = ['minimal', 'balanced', 'full'];
const MAX_QUESTION = 2_000;

/** Checks the attributes of a debug configuration, whoever wrote it. Throws a `NodeScopeError` naming the wrong one. */
export function parseAttachRequest(given: unknown): AttachRequest {
  const a = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const workspace = optionalText(a.cwd ?? a.__workspaceFolder, 'cwd');
  const plan = optionalText(a.plan, 'plan');
  if (plan !== null && !isAbsolute(plan) && workspace === null) {
    throw attributeInvalid('plan', 'an absolute path when no folder is open');
  }
  return {
    target: parseTarget(a),
    workspace,
    plan: plan === null ? null : resolve(workspace ?? '/', plan),
    question: (optionalText(a.question, 'question') ?? DEFAULT_QUESTION).slice(0, MAX_QUESTION),
    strategy: parseStrategy(a.strategy),
    timeout: parseTimeout(a.timeout),
  };
}

function parseTarget(a: Record<string, unknown>): AttachTarget {
  const given = ['processId', 'port', 'websocketAddress'].filter((name) => isSet(a[name]));
  if (given.length === 0) throw targetMissing();
  if (given.length > 1) throw targetAmbiguous(given.map((name) => `"${name}"`));
  if (isSet(a.processId)) return { pid: integer(a.processId, 'processId', 1, 2 ** 31 - 1) };
  if (isSet(a.websocketAddress)) {
    const ws = a.websocketAddress;
    if (typeof ws !== 'string' || !/^wss?:\/\//.test(ws)) {
      throw attributeInvalid('websocketAddress', 'a WebSocket URL such as ws://127.0.0.1:9229/<id>');
    }
    return { ws };
  }
  const port = integer(a.port, 'port', 1, 65_535);
  const host = optionalText(a.address, 'address');
  return host === null ? { port } : { port, host };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** A number, or digits: variables such as `${command:...}` are replaced by text. */
function integer(value: unknown, name: string, min: number, max: number): number {
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max) {
    throw attributeInvalid(name, `a whole number from ${min} to ${max}`);
  }
  return number;
}

function optionalText(value: unknown, name: string): string | null {
  if (!isSet(value)) return null;
  if (typeof value !== 'string') throw attributeInvalid(name, 'text');
  return value;
}

function parseStrategy(value: unknown): Strategy {
  if (!isSet(value)) return 'balanced';
  const known = STRATEGIES.find((strategy) => strategy === value);
  if (known === undefined) throw attributeInvalid('strategy', 'one of "minimal", "balanced" and "full"');
  return known;
}

function parseTimeout(value: unknown): number {
  return isSet(value) ? integer(value, 'timeout', 100, 600_000) : DEFAULT_TIMEOUT_MS;
}
