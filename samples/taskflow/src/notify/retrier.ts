import { setTimeout as wait } from 'node:timers/promises';
import type { Faults } from '../faults.js';
import type { Random } from '../random.js';
import { DeliveryError } from './post-json.js';

export interface RetryPolicy {
  attempts: number;
  /** Before the second attempt; twice as much before each further one. */
  firstDelayMs: number;
  mostDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 4, firstDelayMs: 250, mostDelayMs: 5_000 };

const STORM_ATTEMPTS = 50;

/** Tries until it works, or there is no sense in trying on. */
export class Retrier {
  constructor(
    private readonly faults: Faults,
    private readonly random: Random,
    private readonly policy: RetryPolicy = defaultRetryPolicy,
  ) {}

  /** Rejects with the last attempt's error, or when `stop` is aborted. */
  async run(attempt: (number: number) => Promise<void>, stop: AbortSignal): Promise<void> {
    const storm = this.faults.has('retry-storm');
    const most = storm ? STORM_ATTEMPTS : this.policy.attempts;
    for (let number = 1; ; number += 1) {
      try {
        await attempt(number);
        return;
      } catch (error) {
        const retryable = error instanceof DeliveryError && error.retryable;
        if (!retryable || number >= most || stop.aborted) throw error;
      }
      // FAULT retry-storm: the next attempt follows at once, and there are fifty of them, so that a receiver in
      // trouble gets many times its usual load. Correct: four attempts, further and further apart, not in step.
      if (!storm) await wait(this.delayAfter(number), undefined, { signal: stop, ref: false });
    }
  }

  /** Between half of the back-off and all of it: deliveries that failed together do not come back together. */
  private delayAfter(attempt: number): number {
    const backOff = Math.min(this.policy.mostDelayMs, this.policy.firstDelayMs * 2 ** (attempt - 1));
    return backOff * (0.5 + this.random() / 2);
  }
}
