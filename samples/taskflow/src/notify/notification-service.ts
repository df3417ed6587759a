import type { BusMessage } from '../bus/messages.js';
import type { Faults } from '../faults.js';
import type { Random } from '../random.js';
import { DeliveryQueue } from './delivery-queue.js';
import { type Email, EmailClient, MOST_EMAILS } from './email-client.js';
import type { Notification, NotificationEvent, Recipient } from './notification.js';
import type { RecipientRepository } from './recipient-repository.js';
import { defaultRetryPolicy, Retrier, type RetryPolicy } from './retrier.js';
import { WebhookClient } from './webhook-client.js';

export interface NotificationLimits {
  /** What happens within so long is told in one mail. */
  gatherMs: number;
  /** For one attempt to deliver. */
  timeoutMs: number;
  retry: RetryPolicy;
  /** Deliveries at a time, and waiting. */
  atOnce: number;
  mostWaiting: number;
  /** How long `close` waits for what is queued. */
  closeMs: number;
}

export const defaultNotificationLimits: NotificationLimits = {
  gatherMs: 500,
  timeoutMs: 2_000,
  retry: defaultRetryPolicy,
  atOnce: 4,
  mostWaiting: 1_000,
  closeMs: 1_000,
};

export interface NotificationStats {
  events: number;
  /** Mails and webhook requests that were accepted. */
  emails: number;
  webhooks: number;
  retries: number;
  /** Requests that were given up. */
  failed: number;
  /** Events that came too fast to be told. */
  forgotten: number;
  waiting: number;
  underWay: number;
  dropped: number;
}

interface Parts {
  /** Where mail and webhooks are sent. */
  url(): Promise<string>;
  recipients: RecipientRepository;
  faults: Faults;
  random: Random;
  /** Called when a notification could not be delivered. */
  failed(error: unknown): void;
}

/**
 * Tells people by mail, and another system by webhook, what has become of their tasks. Nothing waits for it: events
 * are gathered for a moment and delivered in the background.
 */
export class NotificationService {
  private gathered: NotificationEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private preparing: Promise<void> = Promise.resolve();
  private readonly emails: EmailClient;
  private readonly webhooks: WebhookClient;
  private readonly retrier: Retrier;
  private readonly queue: DeliveryQueue;
  private readonly counts = { events: 0, emails: 0, webhooks: 0, retries: 0, failed: 0, forgotten: 0 };

  constructor(
    private readonly parts: Parts,
    private readonly limits: NotificationLimits = defaultNotificationLimits,
  ) {
    this.emails = new EmailClient(parts.faults, limits.timeoutMs);
    this.webhooks = new WebhookClient(limits.timeoutMs);
    this.retrier = new Retrier(parts.faults, parts.random, limits.retry);
    this.queue = new DeliveryQueue(limits.atOnce, limits.mostWaiting, (error) => this.deliveryFailed(error));
  }

  /** Takes a change that was made; those that concern nobody are ignored. Returns at once. */
  hear(message: BusMessage): void {
    if (message.type !== 'task.assigned' && message.type !== 'task.completed') return;
    const { type, projectId, taskId, task } = message;
    if (!task) return;
    this.counts.events += 1;
    // Bounded by the gathering time in ordinary life, and by this when the event loop is late.
    if (this.gathered.length >= this.limits.mostWaiting) {
      this.gathered.shift();
      this.counts.forgotten += 1;
    }
    this.gathered.push({ type, projectId, taskId, title: task.title, assigneeId: task.assigneeId });
    this.timer ??= setTimeout(() => this.flush(), this.limits.gatherMs).unref();
  }

  stats(): NotificationStats {
    return { ...this.counts, ...this.queue.counts };
  }

  /** Delivers what it can in a second, and ends the rest. */
  async close(): Promise<void> {
    this.flush();
    await this.preparing;
    await this.queue.close(this.limits.closeMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.gathered;
    this.gathered = [];
    if (events.length === 0) return;
    const prepare = (): Promise<void> => this.prepare(events);
    this.preparing = this.preparing.then(prepare).catch((error: unknown) => this.deliveryFailed(error));
  }

  private async prepare(events: NotificationEvent[]): Promise<void> {
    const notifications = await this.address(events);
    const url = await this.parts.url();
    this.deliver('webhooks', 1, (stop) => this.webhooks.send(url, events, stop));
    const emails = [...byRecipient(notifications)].map(([recipient, theirs]) => emailTo(recipient, theirs));
    // Together: a request costs the thread that serves everybody more than the mails in it do.
    for (let first = 0; first < emails.length; first += MOST_EMAILS) {
      const batch = emails.slice(first, first + MOST_EMAILS);
      this.deliver('emails', batch.length, (stop) => this.emails.send(url, batch, stop));
    }
  }

  /** An assigned task is told to its assignee, a completed one to the project's owner. */
  private async address(events: readonly NotificationEvent[]): Promise<Notification[]> {
    const assigned = events.filter((event) => event.type === 'task.assigned');
    const completed = events.filter((event) => event.type === 'task.completed');
    const [users, owners] = await Promise.all([
      this.parts.recipients.findUsers([...new Set(assigned.flatMap((event) => event.assigneeId ?? []))]),
      this.parts.recipients.findOwners([...new Set(completed.map((event) => event.projectId))]),
    ]);
    return events.flatMap((event) => {
      const recipient = event.type === 'task.assigned' ? users.get(event.assigneeId ?? 0) : owners.get(event.projectId);
      return recipient ? { event, recipient } : [];
    });
  }

  private deliver(kind: 'emails' | 'webhooks', count: number, send: (stop: AbortSignal) => Promise<void>): void {
    this.queue.add(async (stop) => {
      const attempt = async (number: number): Promise<void> => {
        if (number > 1) this.counts.retries += 1;
        await send(stop);
      };
      await this.retrier.run(attempt, stop);
      this.counts[kind] += count;
    });
  }

  private deliveryFailed(error: unknown): void {
    this.counts.failed += 1;
    this.parts.failed(error);
  }
}

function byRecipient(notifications: readonly Notification[]): Map<Recipient, NotificationEvent[]> {
  const groups = new Map<Recipient, NotificationEvent[]>();
  const known = new Map<number, Recipient>();
  for (const { recipient, event } of notifications) {
    const one = known.get(recipient.id) ?? recipient;
    known.set(recipient.id, one);
    groups.set(one, [...(groups.get(one) ?? []), event]);
  }
  return groups;
}

function emailTo({ email }: Recipient, events: readonly NotificationEvent[]): Email {
  return { to: email, subject: subjectOf(events), text: events.map(lineOf).join('\n') };
}

function subjectOf(events: readonly NotificationEvent[]): string {
  const [first] = events;
  if (events.length === 1 && first) return lineOf(first);
  return `${events.length} changes to your tasks`;
}

function lineOf({ type, taskId, title }: NotificationEvent): string {
  return type === 'task.assigned' ? `Task ${taskId} is yours now: ${title}` : `Task ${taskId} is completed: ${title}`;
}
