import type { NotificationEvent } from './notification.js';
import { postJson } from './post-json.js';

/** Tells another system what has happened. */
export class WebhookClient {
  constructor(private readonly timeoutMs: number) {}

  /** Sends the events, once. Rejects when they were not accepted in time, or `stop` was aborted. */
  async send(baseUrl: string, events: readonly NotificationEvent[], stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(this.timeoutMs)]);
    await postJson(`${baseUrl}/webhook`, { events }, signal);
  }
}
