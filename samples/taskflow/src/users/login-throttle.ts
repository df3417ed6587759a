import { RequestError } from '../errors.js';

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const MOST_REMEMBERED = 10_000;

interface Failures {
  count: number;
  until: number;
}

/** Slows down whoever guesses the password of one account: after a few wrong ones, each costs twice the wait before. */
export class LoginThrottle {
  /** By login; the one that failed longest ago comes first. */
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Throws a 429 while this login has to wait. */
  check(login: string): void {
    const left = (this.failures.get(keyOf(login))?.until ?? 0) - this.now();
    if (left <= 0) return;
    throw new RequestError(429, `Too many wrong passwords; try again in ${Math.ceil(left / 1_000)} s.`);
  }

  failed(login: string): void {
    const key = keyOf(login);
    const count = (this.failures.get(key)?.count ?? 0) + 1;
    const wait = count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES));
    this.failures.delete(key);
    this.failures.set(key, { count, until: this.now() + wait });
    const [oldest] = this.failures.keys();
    if (this.failures.size > MOST_REMEMBERED && oldest !== undefined) this.failures.delete(oldest);
  }

  succeeded(login: string): void {
    this.failures.delete(keyOf(login));
  }
}

const keyOf = (login: string): string => login.toLowerCase();
