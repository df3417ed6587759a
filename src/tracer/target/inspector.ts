import CDP from 'chrome-remote-interface';
import { connectionFailed, connectionLost, noAnswer, protocolError } from '../error/target-errors.ts';

type Params = Readonly<Record<string, unknown>>;
type Listener = (params: never) => void;

/** The part of the client library that is used; its own types describe the generated domains, which are not. */
interface RawClient {
  send(method: string, params: Params): Promise<unknown>;
  on(event: string, listener: (params: never) => void): void;
  close(): Promise<void>;
  readonly _ws?: { terminate(): void };
}

const ANSWER_MS = 15_000;

/**
 * A connection to one inspector (V8 Inspector protocol over a WebSocket). Commands may be sent without waiting for the
 * answers to earlier ones: a round trip can take 44 ms where an answer leaves right behind an event (DESIGN 3, fact 2).
 */
export class Inspector {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly pending = new Set<(error: Error) => void>();
  private open = true;

  private constructor(
    private readonly client: RawClient,
    readonly url: string,
  ) {
    client.on('event', ((message: { method: string; params: never }) => this.emit(message.method, message.params)) as (
      params: never,
    ) => void);
    client.on('disconnect', () => this.lost());
  }

  /** Connects to `url` (ws://...). Throws `target.connection`. */
  static async connect(url: string): Promise<Inspector> {
    try {
      // With a protocol given, the library neither fetches one nor parses its own copy.
      const options = { target: url, local: true, protocol: { version: { major: '1', minor: '3' }, domains: [] } };
      return new Inspector((await CDP(options as never)) as unknown as RawClient, url);
    } catch (error) {
      throw connectionFailed(url, error);
    }
  }

  get connected(): boolean {
    return this.open;
  }

  /** Sends a command; rejects with `target.protocol`, `target.lost` or `target.no-answer`. `R` is the result's shape. */
  send<R>(method: string, params: Params = {}, ms = ANSWER_MS): Promise<R> {
    if (!this.open) return Promise.reject(connectionLost(this.url));
    return new Promise<R>((resolve, reject) => {
      const fail = (error: Error) => {
        clearTimeout(timer);
        this.pending.delete(fail);
        reject(error);
      };
      const timer = setTimeout(() => fail(noAnswer(method, ms)), ms);
      this.pending.add(fail);
      this.client.send(method, params).then(
        (result) => {
          clearTimeout(timer);
          this.pending.delete(fail);
          resolve(result as R);
        },
        (error) => fail(this.open ? protocolError(method, error) : connectionLost(this.url)),
      );
    });
  }

  /** Listens to a protocol event; gives its own undo. */
  on<P>(event: string, listener: (params: P) => void): () => void {
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set);
    set.add(listener as Listener);
    return () => set.delete(listener as Listener);
  }

  /** Called once when the connection ends, for whatever reason. */
  onDisconnect(listener: () => void): () => void {
    return this.on('disconnect', listener);
  }

  private emit(event: string, params: never): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(params);
  }

  private lost(): void {
    if (!this.open) return;
    this.open = false;
    for (const fail of [...this.pending]) fail(connectionLost(this.url));
    this.emit('disconnect', undefined as never);
  }

  async close(): Promise<void> {
    if (!this.open) return;
    const closing = this.client.close().catch(() => undefined);
    this.lost();
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    this.client._ws?.terminate();
  }
}

/** `Runtime.RemoteObject`, as far as used. */
export interface RemoteObject {
  readonly type: string;
  readonly subtype?: string;
  readonly value?: unknown;
  readonly objectId?: string;
  readonly description?: string;
}
export interface EvaluateResult {
  readonly result: RemoteObject;
  readonly exceptionDetails?: { readonly text: string; readonly exception?: RemoteObject };
}

/** Evaluates in the target's global scope and gives the value by JSON; a thrown error rejects with `target.protocol`. */
export async function evaluateValue<T>(
  inspector: Inspector,
  expression: string,
  includeCommandLineAPI = false,
): Promise<T> {
  const answer = await inspector.send<EvaluateResult>('Runtime.evaluate', {
    expression,
    returnByValue: true,
    includeCommandLineAPI,
    silent: true,
  });
  if (answer.exceptionDetails) {
    throw protocolError(
      'Runtime.evaluate',
      answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text,
    );
  }
  return answer.result.value as T;
}
