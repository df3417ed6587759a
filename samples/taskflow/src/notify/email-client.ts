import type { Faults } from '../faults.js';
import { postJson } from './post-json.js';

export interface Email {
  to: string;
  subject: string;
  text: string;
}

/** As many mails as the provider takes in one request. */
export const MOST_EMAILS = 100;

/** Sends mail through a provider's HTTP interface. */
export class EmailClient {
  constructor(
    private readonly faults: Faults,
    private readonly timeoutMs: number,
  ) {}

  /** Sends up to `MOST_EMAILS`, once. Rejects when they were not accepted in time, or `stop` was aborted. */
  async send(baseUrl: string, messages: readonly Email[], stop: AbortSignal): Promise<void> {
    // FAULT email-hang: nobody here limits the wait for an answer, so a provider that takes the request and never
    // answers holds this delivery until fetch itself gives up, after five minutes. Correct: a time limit for each attempt.
    const signal = this.faults.has('email-hang') ? stop : AbortSignal.any([stop, AbortSignal.timeout(this.timeoutMs)]);
    await postJson(`${baseUrl}/email`, { messages }, signal);
  }
}
