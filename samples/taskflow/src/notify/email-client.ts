import type { Faults } from '../faults.js';
import { postJson } from './post-json.js';

export interface Email {
  to: string;
  subject: string;
  text: string;
}

/** Sends mail through a provider's HTTP interface. */
export class EmailClient {
  constructor(
    private readonly faults: Faults,
    private readonly timeoutMs: number,
  ) {}

  /** Sends one mail, once. Rejects when it was not accepted in time, or `stop` was aborted. */
  async send(baseUrl: string, email: Email, stop: AbortSignal): Promise<void> {
    // FAULT email-hang: there is no limit to the wait for an answer, so a provider that takes the request and never
    // answers holds this delivery for good. Correct: a time limit for each attempt.
    const signal = this.faults.has('email-hang') ? stop : AbortSignal.any([stop, AbortSignal.timeout(this.timeoutMs)]);
    await postJson(`${baseUrl}/email`, email, signal);
  }
}
