import { isDeepStrictEqual } from 'node:util';
import type { Bus } from '../bus/bus.js';
import { asBusMessage, type BusMessage } from '../bus/messages.js';
import type { LiveMessage, Patch, Row } from './patch.js';

/** The page's end of a connection. */
export interface LiveClient {
  send(message: LiveMessage): void;
}

// More than arrive while one change is worked on.
const SEEN = 500;

/**
 * What one page shows, kept on the server: `assigns` is loaded once, follows the messages of the bus, and every change
 * to it is sent to the page. Messages are handled one at a time, in the order in which they came.
 */
export abstract class LiveView<Assigns extends object> {
  /** What the page shows; undefined until it has been loaded. */
  protected assigns: Assigns | undefined;
  protected stopped = false;
  private readonly subscriptions = new Map<string, () => void>();
  private readonly seen = new Set<string>();
  private patches: Patch[] = [];
  private work: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly bus: Bus,
    private readonly client: LiveClient,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Follows the topics the view begins with, and loads what it shows. In this order, so that no change falls between. */
  protected abstract mount(): Promise<Assigns>;

  /** Makes the change that a message tells of, by `put`, `remove` and `set`. */
  protected abstract handle(message: BusMessage, assigns: Assigns): Promise<void> | void;

  /** Loads and sends everything. Rejects when it cannot be loaded. */
  start(): Promise<void> {
    const started = this.work.then(async () => {
      this.assigns = await this.mount();
      if (!this.stopped) this.client.send({ type: 'render', view: this.name, assigns: this.assigns });
    });
    this.work = started.catch(() => undefined);
    return started;
  }

  /** Leaves the bus; nothing is sent any more. */
  stop(): void {
    this.stopped = true;
    for (const unsubscribe of this.subscriptions.values()) unsubscribe();
    this.subscriptions.clear();
  }

  /** Whether the topic was not followed before. */
  protected follow(topic: string): boolean {
    if (this.stopped || this.subscriptions.has(topic)) return false;
    this.subscriptions.set(
      topic,
      this.bus.subscribe(topic, (value) => this.receive(value)),
    );
    return true;
  }

  protected unfollow(topic: string): void {
    this.subscriptions.get(topic)?.();
    this.subscriptions.delete(topic);
  }

  /** Adds a row to a list, or replaces the one with its id, unless that one is newer or the same. */
  protected put<R extends Row & { updatedAt?: string }>(list: string & keyof Assigns, rows: R[], row: R): void {
    const at = rows.findIndex((one) => one.id === row.id);
    const known = rows[at];
    if (known && (isDeepStrictEqual(known, row) || (known.updatedAt ?? '') > (row.updatedAt ?? ''))) return;
    if (known) rows[at] = row;
    else rows.push(row);
    this.patches.push({ op: 'put', list, row });
  }

  protected remove(list: string & keyof Assigns, rows: Row[], id: Row['id']): void {
    const at = rows.findIndex((one) => one.id === id);
    if (at === -1) return;
    rows.splice(at, 1);
    this.patches.push({ op: 'remove', list, id });
  }

  protected set<Key extends string & keyof Assigns>(assigns: Assigns, key: Key, value: Assigns[Key]): void {
    assigns[key] = value;
    this.patches.push({ op: 'set', key, value });
  }

  protected gone(message: string): void {
    this.client.send({ type: 'gone', message });
  }

  private receive(value: unknown): void {
    const message = asBusMessage(value);
    if (!message || this.seen.has(message.id)) return;
    this.seen.add(message.id);
    const [oldest] = this.seen;
    if (this.seen.size > SEEN && oldest !== undefined) this.seen.delete(oldest);
    this.work = this.work.then(() => this.apply(message)).catch(this.failed);
  }

  private async apply(message: BusMessage): Promise<void> {
    if (this.stopped || !this.assigns) return;
    await this.handle(message, this.assigns);
    const { patches } = this;
    this.patches = [];
    if (patches.length > 0 && !this.stopped) this.client.send({ type: 'patch', patches });
  }
}
