import { connect, type Socket } from 'node:net';
import type { Bus } from './bus.js';
import { FrameReader, frame } from './frames.js';
import { MemoryBus } from './memory-bus.js';

const RECONNECT_MS = 500;

/** Through a `Broker` to the other nodes; to this process's own listeners directly. */
export class BrokerBus implements Bus {
  private readonly local = new MemoryBus();
  private socket: Socket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private unreachable = false;
  private closed = false;

  /** Use `BrokerBus.open`. */
  private constructor(
    private readonly url: URL,
    private readonly log: (message: string) => void,
  ) {}

  /** Resolves when messages of other nodes arrive, or when it is known that the broker cannot be reached yet. */
  static async open(url: string, log: (message: string) => void): Promise<BrokerBus> {
    const bus = new BrokerBus(new URL(url), log);
    await bus.connect();
    return bus;
  }

  async publish(topic: string, message: unknown): Promise<void> {
    await this.local.publish(topic, message);
    if (!this.socket) throw new Error('The broker is not connected; other nodes were not told.');
    this.socket.write(frame({ topic, message }));
  }

  subscribe(topic: string, listener: (message: unknown) => void): () => void {
    return this.local.subscribe(topic, listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket?.destroy();
    await this.local.close();
  }

  private connect(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.url.hostname, port: Number(this.url.port), noDelay: true });
      const reader = new FrameReader();
      socket.setEncoding('utf8');
      socket.on('error', (error) => this.failed(error));
      socket.on('data', (text: string) => {
        try {
          for (const value of reader.push(text)) {
            if (isDelivery(value)) void this.local.publish(value.topic, value.message);
            else this.ready(socket);
          }
        } catch (error) {
          socket.destroy(error as Error);
        }
        resolve();
      });
      socket.on('close', () => {
        this.socket = undefined;
        if (!this.closed) this.retry = setTimeout(() => void this.connect(), RECONNECT_MS).unref();
        resolve();
      });
    });
  }

  private ready(socket: Socket): void {
    this.socket = socket;
    this.unreachable = false;
    if (this.closed) socket.destroy();
  }

  /** Says once that the broker is away, not at every attempt to connect. */
  private failed(error: Error): void {
    if (this.unreachable) return;
    this.unreachable = true;
    this.log(
      `The broker cannot be used (${error.message}); check TASKFLOW_BUS. Other nodes hear nothing until it is back.`,
    );
  }
}

function isDelivery(value: unknown): value is { topic: string; message: unknown } {
  return typeof value === 'object' && value !== null && 'topic' in value && typeof value.topic === 'string';
}
