import { randomBytes } from 'node:crypto';
import type { AgentConfig, AgentStats } from '../agent/main.ts';
import type { ProbeConfig } from '../agent/probe.ts';
import { BUSY } from '../agent/wire.ts';
import { SECRET_NAMES } from '../safety/secrets.ts';
import { type EvaluateResult, evaluateValue, type Inspector } from '../target/inspector.ts';
import { agentSource } from './agent-source.ts';

/** Limits of one captured value that users of such tools accept (RESEARCH A), and of one record. */
const CAPTURE_LIMITS = { depth: 5, items: 100, stringLength: 1000, bytes: 16_384, ms: 5 };
/**
 * A recorder that is killed is replaced by its guardian at once; this is for when both are gone, or the connection. Long enough
 * for a recorder that is merely busy: planning for a large workspace on a loaded machine has taken over 2.5 s.
 */
const SILENCE_MS = 10_000;
const NOTE_ATTEMPTS = 20;

export interface AgentOptions {
  readonly bufferBytes: number;
  readonly eventsPerSecond: number;
  readonly closeInspector: boolean;
}

/** The host's end of the agent: each method is one command over the inspector. */
export class AgentLink {
  private constructor(
    private readonly inspector: Inspector,
    readonly name: string,
  ) {}

  /** An agent that another recorder has put there. */
  static to(inspector: Inspector, name: string): AgentLink {
    return new AgentLink(inspector, name);
  }

  /** Puts a new agent into the target. */
  static async install(inspector: Inspector, options: AgentOptions): Promise<AgentLink> {
    const name = `__nodescope_${randomBytes(6).toString('hex')}`;
    const config: AgentConfig = {
      name,
      limits: CAPTURE_LIMITS,
      secretNames: SECRET_NAMES,
      silenceMs: SILENCE_MS,
      ...options,
    };
    const expression = `(() => {${agentSource()}
nodescopeAgent.install(${JSON.stringify(config)}, typeof require === 'function' ? require : undefined);})()
//# sourceURL=nodescope-agent`;
    await evaluateValue(inspector, expression, true);
    return new AgentLink(inspector, name);
  }

  /** Expression that stands for the agent, for conditions and calls. */
  get reference(): string {
    return `globalThis.${this.name}`;
  }

  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return evaluateValue<T>(
      this.inspector,
      `${this.reference}.${method}(${args.map((arg) => JSON.stringify(arg)).join(',')})`,
    );
  }

  add(probes: readonly ProbeConfig[]): Promise<void> {
    return this.call('add', probes);
  }

  /**
   * Records from the front of the target's buffer, empty when there are none; null when one was being written that instant.
   * Rejects when the agent is gone.
   */
  async drain(maxBytes: number): Promise<Buffer | null> {
    const text = await this.call<string>('drain', maxBytes);
    return text === BUSY ? null : Buffer.from(text, 'base64');
  }

  /** Whether the agent is still in the target. */
  present(): Promise<boolean> {
    return evaluateValue<boolean>(this.inspector, `typeof ${this.reference} === 'object'`).catch(() => false);
  }

  /**
   * The last command: takes the agent's name away. Tells whether closing the inspector is left to us, because it was opened
   * for us or for a recorder that left earlier; asked in the same step, so that no other recorder leaves in between.
   */
  forget(): Promise<boolean> {
    return evaluateValue<boolean>(
      this.inspector,
      `(({ config }) => (${this.reference}.forget(), config.closeInspector))(${this.reference})`,
    );
  }

  stats(): Promise<AgentStats> {
    return this.call('stats');
  }

  /** Writes a note into the agent's stream, in order with its records; again when one was being written that instant. Whether there was room. */
  async note(kind: 'bound' | 'mark', probe: number): Promise<boolean> {
    for (let attempt = 0; attempt < NOTE_ATTEMPTS; attempt++) if (await this.call<boolean>(kind, probe)) return true;
    return false;
  }

  /** Object id of the wrapper of a probe whose binding only the debugger can set. */
  async wrapperObject(probe: number, constructible: boolean): Promise<string> {
    return this.objectOf(`${this.reference}.prepare(${probe},${constructible})`);
  }

  /** Object id of an expression's value, held until `release`; empty when it has none. */
  async objectOf(expression: string): Promise<string> {
    const answer = await this.inspector.send<EvaluateResult>('Runtime.evaluate', {
      expression,
      silent: true,
      objectGroup: this.name,
    });
    return answer.result.objectId ?? '';
  }

  /** Releases what the inspector holds for us in the target. */
  async release(): Promise<void> {
    await this.inspector.send('Runtime.releaseObjectGroup', { objectGroup: this.name });
  }
}
