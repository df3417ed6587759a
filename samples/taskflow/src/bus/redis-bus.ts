import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Bus } from './bus.js';
import { MemoryBus } from './memory-bus.js';

const PREFIX = 'taskflow:topic:';

interface Envelope {
  /** The bus that published it, which has delivered it to its own listeners already. */
  from: string;
  message: unknown;
}

/**
 * Through Redis to the other nodes; to this process's own listeners directly, so that they miss nothing while the
 * server is away. All topics are followed from the beginning: nothing is lost between a page's subscription and
 * the server's knowing of it.
 */
export class RedisBus implements Bus {
  private readonly id = randomUUID();
  private readonly local = new MemoryBus();
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private unreachable = false;

  /** Use `RedisBus.open`. */
  private constructor(
    url: string,
    private readonly log: (message: string) => void,
  ) {
    // What cannot be sent now is dropped: a change that is told late is worse than a page that is loaded again.
    this.publisher = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    this.subscriber = new Redis(url, { maxRetriesPerRequest: null });
    for (const redis of [this.publisher, this.subscriber]) {
      redis.on('error', (error: Error) => this.failed(error));
      redis.on('ready', () => {
        this.unreachable = false;
      });
    }
    this.subscriber.on('pmessage', (_pattern: string, channel: string, json: string) => this.receive(channel, json));
  }

  /** Resolves when messages of other nodes arrive, or when it is known that the server cannot be reached yet. */
  static async open(url: string, log: (message: string) => void): Promise<RedisBus> {
    const bus = new RedisBus(url, log);
    await Promise.all([
      Promise.race([
        bus.subscriber.psubscribe(`${PREFIX}*`).catch((error: Error) => bus.failed(error)),
        failure(bus.subscriber),
      ]),
      Promise.race([readiness(bus.publisher), failure(bus.publisher)]),
    ]);
    return bus;
  }

  async publish(topic: string, message: unknown): Promise<void> {
    await this.local.publish(topic, message);
    const envelope: Envelope = { from: this.id, message };
    await this.publisher.publish(PREFIX + topic, JSON.stringify(envelope));
  }

  subscribe(topic: string, listener: (message: unknown) => void): () => void {
    return this.local.subscribe(topic, listener);
  }

  async close(): Promise<void> {
    this.publisher.disconnect();
    this.subscriber.disconnect();
    await this.local.close();
  }

  private receive(channel: string, json: string): void {
    const envelope = parse(json);
    if (envelope && envelope.from !== this.id) void this.local.publish(channel.slice(PREFIX.length), envelope.message);
  }

  /** Says once that the server is away, not at every attempt to connect. */
  private failed(error: Error): void {
    if (this.unreachable) return;
    this.unreachable = true;
    this.log(
      `The Redis bus cannot be used (${error.message}); check REDIS_URL. Other nodes hear nothing until it is back.`,
    );
  }
}

const readiness = (redis: Redis): Promise<void> => new Promise((resolve) => redis.once('ready', () => resolve()));
const failure = (redis: Redis): Promise<void> => new Promise((resolve) => redis.once('error', () => resolve()));

/** Undefined for what is not ours: anybody may publish on a channel. */
function parse(json: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || !('from' in value) || !('message' in value)) return undefined;
    return { from: String(value.from), message: value.message };
  } catch {
    return undefined;
  }
}
